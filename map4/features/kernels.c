/* What takes most of an analysis, for eight frames or segments side by side. `map4/features/compiled.py` calls it; where it
 * was not built, or the processor lacks AVX2, numpy does the same. It keeps nothing and asks for no memory. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 8

#ifdef __x86_64__
__attribute__((target("arch=x86-64"))) int map4_fits(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

typedef float row __attribute__((vector_size(4 * LANES)));
typedef int32_t __attribute__((may_alias)) bits;
typedef float loose_row __attribute__((vector_size(4 * LANES), aligned(4)));

/* Eight rows become eight columns. */
INLINE void turn(row *r)
{
    for (long i = 0; i < 4; i++) {
        row x = r[i], y = r[i + 4];
        r[i] = __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (long i = 0; i < LANES; i += i & 1 ? 3 : 1) {
        row x = r[i], y = r[i + 2];
        r[i] = __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13);
        r[i + 2] = __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (long i = 0; i < LANES; i += 2) {
        row x = r[i], y = r[i + 1];
        r[i] = __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14);
        r[i + 1] = __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15);
    }
}

/* Eight samples each of eight places that lie `apart`, a lane for each of the first `count`, silence for the others. */
INLINE void gather(const float *samples, long apart, long count, row *tile)
{
    for (long lane = 0; lane < LANES; lane++)
        tile[lane] = lane < count ? *(const loose_row *)(samples + lane * apart) : (row){0};
    turn(tile);
}

/* Complex transform of `half` points in each lane, in place; the result lies in the order of `places`. */
INLINE void transform(row *z, long half, const float *turns)
{
    long length = half;
    for (; length >= 4; length /= 4) {
        long quarter = length / 4;
        for (long begin = 0; begin < half; begin += length) {
            const float *t = turns;
            for (long j = 0; j < quarter; j++, t += 6) {
                row *a = z + 2 * (begin + j), *b = a + 2 * quarter, *c = b + 2 * quarter, *d = c + 2 * quarter;
                row sr = a[0] + c[0], si = a[1] + c[1], tr = a[0] - c[0], ti = a[1] - c[1];
                row ur = b[0] + d[0], ui = b[1] + d[1], vr = b[1] - d[1], vi = d[0] - b[0];
                row pr = tr + vr, pi = ti + vi, qr = sr - ur, qi = si - ui, rr = tr - vr, ri = ti - vi;
                a[0] = sr + ur, a[1] = si + ui;
                b[0] = pr * t[0] - pi * t[1], b[1] = pr * t[1] + pi * t[0];
                c[0] = qr * t[2] - qi * t[3], c[1] = qr * t[3] + qi * t[2];
                d[0] = rr * t[4] - ri * t[5], d[1] = rr * t[5] + ri * t[4];
            }
        }
        turns += 6 * quarter;
    }
    if (length == 2)
        for (row *a = z; a < z + 2 * half; a += 4) {
            row br = a[2], bi = a[3];
            a[2] = a[0] - br, a[3] = a[1] - bi;
            a[0] += br, a[1] += bi;
        }
}

/* Windowed frames transformed: even samples as real parts, odd ones as imaginary parts. */
INLINE void spectra(const float *samples, long hop, long count, const float *window, long half, const float *turns,
                    row *z)
{
    for (long at = 0; at < 2 * half; at += LANES) {
        row tile[LANES];
        gather(samples + at, hop, count, tile);
        for (long i = 0; i < LANES; i++)
            z[at + i] = tile[i] * window[at + i];
    }
    transform(z, half, turns);
}

/* |X[k]|^2 of the real frames, and that of half - k. */
INLINE void power_pair(const row *z, long half, long k, const int32_t *places, const float *split, row *low, row *high)
{
    const row *p = z + 2 * places[k], *q = z + 2 * places[k ? half - k : 0];
    row er = 0.5f * (p[0] + q[0]), ei = 0.5f * (p[1] - q[1]), or = 0.5f * (p[1] + q[1]), oi = 0.5f * (q[0] - p[0]);
    row tr = split[2 * k] * or - split[2 * k + 1] * oi, ti = split[2 * k] * oi + split[2 * k + 1] * or;
    row xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
    *low = xr * xr + xi * xi;
    *high = yr * yr + yi * yi;
}

/* Power of frames: all of it through triangular filters, of which each bin is in one and the next, and the rows of every
 * fourth frame, and the sums of every eight. */
void map4_short(const float *samples, long hop, long count, long half, const float *window, const float *turns,
                const int32_t *places, const float *split, long bands, const int32_t *lower, const float *weights,
                row *scratch, float *mel, float *fourths, float *sums)
{
    row *z = scratch, *power = scratch + 2 * half, through[64];
    for (long first = 0; first < count; first += LANES) {
        long lanes = count - first < LANES ? count - first : LANES;
        spectra(samples + first * hop, hop, lanes, window, half, turns, z);
        for (long k = 0; k <= half / 2; k++)
            power_pair(z, half, k, places, split, power + k, power + half - k);
        memset(through, 0, sizeof through);
        for (long k = 0; k <= half;) {
            long band = lower[k];
            row one = {0}, other = {0};
            for (; k <= half && lower[k] == band; k++) {
                one += weights[2 * k] * power[k];
                other += weights[2 * k + 1] * power[k];
            }
            through[band] += one;
            through[band + 1] += other;
        }
        for (long band = 0; band < bands; band += LANES) {
            turn(through + band);
            for (long lane = 0; lane < lanes; lane++)
                memcpy(mel + (first + lane) * bands + band, through + band + lane, sizeof(row));
        }
        float *sum = sums + first / LANES * (half + 1), *fourth = fourths + first / 4 * (half + 1);
        for (long k = 0; k <= half; k++) {
            row p = power[k];
            sum[k] = ((p[0] + p[1]) + (p[2] + p[3])) + ((p[4] + p[5]) + (p[6] + p[7]));
            fourth[k] = p[0];
            if (lanes > 4)
                fourth[half + 1 + k] = p[4];
        }
    }
}

/* Magnitude of the lowest bins of frames. */
void map4_long(const float *samples, long hop, long count, long half, const float *window, const float *turns,
               const int32_t *places, const float *split, long bins, row *z, float *magnitude)
{
    row tile[LANES], unused;
    for (long first = 0; first < count; first += LANES) {
        long lanes = count - first < LANES ? count - first : LANES;
        spectra(samples + first * hop, hop, lanes, window, half, turns, z);
        for (long k = 0; k < bins; k += LANES) {
            long width = bins - k < LANES ? bins - k : LANES;
            for (long i = 0; i < width; i++)
                power_pair(z, half, k + i, places, split, tile + i, &unused);
            turn(tile);
            for (long lane = 0; lane < lanes; lane++)
                for (long i = 0; i < width; i++)
                    magnitude[(first + lane) * bins + k + i] = sqrtf(tile[lane][i]);
        }
    }
}

#define GROUPS 2

/* A shelf (direct form) and a high-pass (integrators, which keep a constant offset exact) along segments side by side.
 * filter: b0 b1 b2 a1 a2 of the shelf; of the high-pass g, 1 / Q + g, 1 / (1 + g / Q + g^2) and its gain. */
INLINE void weigh(const float *samples, long apart, long count, long frames, const float *filter, row state[][GROUPS],
                  row *energy, row *total)
{
    float b0 = filter[0], b1 = filter[1], b2 = filter[2], a1 = filter[3], a2 = filter[4];
    float g = filter[5], damped = filter[6] * filter[7], scale = filter[7], gain = filter[8];
    for (long at = 0; at < frames; at += LANES) {
        long width = frames - at < LANES ? frames - at : LANES;
        row tile[GROUPS][LANES];
        for (long n = 0; n < GROUPS; n++) {
            long left = count - n * LANES;
            if (width == LANES)
                gather(samples + n * LANES * apart + at, apart, left, tile[n]);
            else
                for (long lane = 0; lane < LANES; lane++)
                    for (long i = 0; i < width; i++)
                        tile[n][i][lane] = lane < left ? samples[(n * LANES + lane) * apart + at + i] : 0.0f;
        }
        for (long i = 0; i < width; i++)
            for (long n = 0; n < GROUPS; n++) {
                row x = tile[n][i], y = b0 * x + state[0][n];
                state[0][n] = b1 * x - a1 * y + state[1][n];
                state[1][n] = b2 * x - a2 * y;
                row high = scale * y - damped * state[2][n] - scale * state[3][n];
                state[3][n] += 2.0f * g * (g * high + state[2][n]);
                state[2][n] += 2.0f * g * high;
                energy[n] += high * high * gain;
                total[n] += x;
            }
    }
}

/* Sum of the squares of what the filter makes of each segment, and of the samples. Each segment but the first begins with
 * the state that the end of the one before it leaves, as what came earlier has died away; the first with `state`, which
 * is then that after the last. */
void map4_weighted(const float *samples, long frames, long count, long warm, const float *filter, float *state,
                   float *energy, float *total)
{
    for (long first = 0; first < count; first += GROUPS * LANES) {
        row states[4][GROUPS] = {0}, squares[GROUPS] = {0}, sums[GROUPS] = {0}, unused[GROUPS] = {0};
        long lanes = count - first < GROUPS * LANES ? count - first : GROUPS * LANES;
        const float *here = samples + first * frames;
        /* A lane further: that of the first segment is set. */
        weigh(here + frames - warm, frames, lanes - 1, warm, filter, states, unused, unused);
        for (long s = 0; s < 4; s++) {
            float *lane = (float *)states[s];
            memmove(lane + 1, lane, (GROUPS * LANES - 1) * sizeof(float));
            lane[0] = state[s];
        }
        weigh(here, frames, lanes, frames, filter, states, squares, sums);
        for (long s = 0; s < 4; s++)
            state[s] = ((float *)states[s])[lanes - 1];
        memcpy(energy + first, squares, lanes * sizeof(float));
        memcpy(total + first, sums, lanes * sizeof(float));
    }
}

/* Largest magnitude of each stretch. */
void map4_extremes(const float *samples, long stretch, long count, float *largest)
{
    const bits *here = (const bits *)samples;
    for (long s = 0; s < count; s++, here += stretch) {
        bits most = 0; /* magnitudes are ordered as their bits are */
        for (long i = 0; i < stretch; i++) {
            bits magnitude = here[i] & 0x7fffffff;
            most = magnitude > most ? magnitude : most;
        }
        memcpy(largest + s, &most, sizeof most);
    }
}

/* Largest magnitude between the samples of the stretches that are high, or `peak`; as `PeakScanner._interpolate`. */
float map4_true_peak(const float *samples, long stretch, long count, const float *largest, const float *kernel,
                     long half_taps, float candidate, float vertex, float peak)
{
    float least = candidate * peak, reached = vertex * peak;
    for (long s = 0; s < count; s++)
        for (long i = s * stretch; largest[s] > least && i < (s + 1) * stretch; i++) {
            float here = samples[i], before = here - samples[i - 1], after = here - samples[i + 1];
            if (fabsf(here) <= least || here * before < 0.0f || here * after < 0.0f)
                continue;
            float across = samples[i - 1] - samples[i + 1];
            if (across * across < fabsf(before + after) * (8.0f * (reached - fabsf(here))))
                continue;
            row points = {0};
            for (long tap = 0; tap <= 2 * half_taps; tap++)
                points += samples[i - half_taps + tap] * *(const loose_row *)(kernel + LANES * tap);
            for (long point = 0; point < LANES; point++)
                peak = fabsf(points[point]) > peak ? fabsf(points[point]) : peak;
        }
    return peak;
}

/* Best score of a chain of beats that ends at each frame, and which of the steps it comes by; as `beats._accumulate`.
 * Scores of the `longest` frames before lie in front. */
void map4_chain(const float *local, long count, const double *cost, long steps, long longest, double *score, int64_t *best)
{
    for (long frame = 0; frame < count; frame++, score++) {
        double most = score[0] - cost[0];
        best[frame] = 0;
        for (long i = 1; i < steps; i++)
            if (score[i] - cost[i] > most)
                most = score[i] - cost[i], best[frame] = i;
        score[longest] = local[frame] + most;
    }
}
