/* Frames of MPEG audio that follow each other, through libav's decoder, without a detour over Python for each of them.
 * `mpeg.py` calls it with the functions of the libav that PyAV brings; where it was not built, PyAV does the same. */

#include <stdint.h>
#include <string.h>

/* How AVPacket and AVFrame begin in libavcodec 58 to 62; `mpeg.py` sees to it that it is one of these. */
struct packet {
    void *buffer;
    int64_t pts, dts;
    const uint8_t *data;
    int size;
};
struct frame {
    const float *data[8];
    int strides[8];
    void *planes;
    int width, height, samples, format;
};

#define PLANAR_FLOAT 8

/* As `mpeg.Course`. */
struct course {
    int (*send)(void *context, const struct packet *packet);
    int (*receive)(void *context, struct frame *frame);
    void *context;
    struct packet *packet;
    struct frame *frame;
    int32_t sizes[32];
    uint8_t head[4], alike[4];
    float most;
    long channels, skip, left, taken, filled, at, count, failed;
};

/* Bytes of the frame that begins here; 0 where none of this stream does. */
static long frame_bytes(const struct course *course, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++)
        if ((bytes[i] ^ course->head[i]) & course->alike[i])
            return 0;
    return (bytes[3] >> 6 == 3) == (course->channels == 1) ? course->sizes[bytes[2] >> 4 << 1 | (bytes[2] >> 1 & 1)] : 0;
}

/* Counts frames as long as one follows the other, and says where the next would begin. */
void map4_follow_mpeg(struct course *course, const uint8_t *bytes, long size)
{
    for (long length; course->at + 4 <= size; course->at += length, course->count++) {
        length = frame_bytes(course, bytes + course->at);
        if (length == 0)
            course->failed = 1;
        if (length == 0 || course->at + length > size)
            return;
    }
}

/* Copies samples, and says whether all are within `most`; of NaN none is. */
static int copied(float *to, const float *from, long count, float most)
{
    int32_t limit, largest = 0; /* magnitudes are ordered as their bits are */
    memcpy(&limit, &most, sizeof limit);
    for (long i = 0; i < count; i++) {
        int32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
        to[i] = from[i];
    }
    return largest <= limit;
}

/* Fills rows of `room` samples, one a channel, as far as the bytes reach. */
void map4_decode_mpeg(struct course *course, const uint8_t *bytes, long size, float *rows, long room)
{
    struct packet *packet = course->packet;
    struct frame *frame = course->frame;
    for (;;) {
        long there = frame->samples - course->taken;
        long skipped = there < course->skip ? there : course->skip;
        course->skip -= skipped, course->taken += skipped, there -= skipped;
        there = there < course->left ? there : course->left;
        there = there < room - course->filled ? there : room - course->filled;
        for (long channel = 0; channel < course->channels && there; channel++)
            if (!copied(rows + channel * room + course->filled, frame->data[channel] + course->taken, there, course->most)) {
                course->failed = 1;
                return;
            }
        course->filled += there, course->taken += there, course->left -= there;
        if (course->filled == room || course->left == 0 || course->at + 4 > size)
            return;
        long length = frame_bytes(course, bytes + course->at);
        if (course->at + length > size)
            return;
        packet->data = bytes + course->at, packet->size = (int)length;
        if (length == 0 || course->send(course->context, packet) || course->receive(course->context, frame)
            || frame->format != PLANAR_FLOAT || frame->samples <= 0 || !frame->data[course->channels - 1]) {
            frame->samples = 0, course->taken = 0, course->failed = 1;
            return;
        }
        course->taken = 0, course->at += length, course->count++;
    }
}
