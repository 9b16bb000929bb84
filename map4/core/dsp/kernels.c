/* What takes most of an analysis, for eight frames or segments side by side. `map4/core/dsp/compiled.py` calls it; where it
 * was not built, or the processor lacks AVX2, numpy does the same. It keeps nothing and asks for no memory. */

#include <immintrin.h>
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

/* Checksum of the sources: `hatch_build.py` passes it, `compiled.py` compares it. */
__attribute__((target("arch=x86-64"))) uint32_t map4_sources(void)
{
    return SOURCES;
}
#endif

typedef float row __attribute__((vector_size(4 * LANES)));
typedef int32_t whole_row __attribute__((vector_size(4 * LANES)));
typedef float loose_row __attribute__((vector_size(4 * LANES), aligned(4)));

/* Eight rows become eight columns. Unrolled, so that the rows stay in registers. */
INLINE void turn(row *r)
{
    row s[LANES];
#pragma GCC unroll 4
    for (long i = 0; i < 4; i++) {
        s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma GCC unroll 4
    for (long n = 0; n < 4; n++) {
        long i = n + (n & 2);
        r[i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        r[i + 2] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma GCC unroll 4
    for (long i = 0; i < LANES; i += 2) {
        row x = r[i], y = r[i + 1];
        r[i] = __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14);
        r[i + 1] = __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15);
    }
}

/* Eight samples each of eight places that lie `apart`, a lane for each of the first `count`, silence for the others. */
INLINE void gather(const float *samples, long apart, long count, row *tile)
{
    if (count >= LANES)
#pragma GCC unroll 8
        for (long lane = 0; lane < LANES; lane++)
            tile[lane] = *(const loose_row *)(samples + lane * apart);
    else
        for (long lane = 0; lane < LANES; lane++)
            tile[lane] = lane < count ? *(const loose_row *)(samples + lane * apart) : (row){0};
    turn(tile);
}

/* Four points, `apart` from each other, transformed, and turned by `t`. */
INLINE void butterfly(row *a, long apart, const float *t)
{
    row *b = a + apart, *c = b + apart, *d = c + apart;
    row sr = a[0] + c[0], si = a[1] + c[1], tr = a[0] - c[0], ti = a[1] - c[1];
    row ur = b[0] + d[0], ui = b[1] + d[1], vr = b[1] - d[1], vi = d[0] - b[0];
    row pr = tr + vr, pi = ti + vi, qr = sr - ur, qi = si - ui, rr = tr - vr, ri = ti - vi;
    a[0] = sr + ur, a[1] = si + ui;
    b[0] = pr * t[0] - pi * t[1], b[1] = pr * t[1] + pi * t[0];
    c[0] = qr * t[2] - qi * t[3], c[1] = qr * t[3] + qi * t[2];
    d[0] = rr * t[4] - ri * t[5], d[1] = rr * t[5] + ri * t[4];
}

/* Complex transform of `half` >= 8 points in each lane, in place; the result lies in the order of `places`. */
INLINE void transform(row *z, long half, const float *turns)
{
    static const float none[] = {1, 0, 1, 0, 1, 0};
    long length = half;
    for (; length > 8; length /= 4) {
        for (long begin = 0; begin < half; begin += length) {
            const float *t = turns;
            for (long j = 0; j < length / 4; j++, t += 6)
                butterfly(z + 2 * (begin + j), length / 2, t);
        }
        turns += 3 * length / 2;
    }
    for (row *a = z; a < z + 2 * half; a += 2 * length) {
        butterfly(a, length / 2, none);
        if (length == 8) {
            butterfly(a + 2, 4, turns + 6);
            for (row *b = a; b < a + 16; b += 4) {
                row br = b[2], bi = b[3];
                b[2] = b[0] - br, b[3] = b[1] - bi;
                b[0] += br, b[1] += bi;
            }
        }
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

/* X[k] of the real frames, and the conjugate of X[half - k]. */
INLINE void pair(const row *z, long half, long k, const int32_t *places, const float *split, row *low, row *high)
{
    const row *p = z + 2 * places[k], *q = z + 2 * places[k ? half - k : 0];
    row er = 0.5f * (p[0] + q[0]), ei = 0.5f * (p[1] - q[1]), or = 0.5f * (p[1] + q[1]), oi = 0.5f * (q[0] - p[0]);
    row tr = split[2 * k] * or - split[2 * k + 1] * oi, ti = split[2 * k] * oi + split[2 * k + 1] * or;
    low[0] = er + tr, low[1] = ei + ti, high[0] = er - tr, high[1] = ei - ti;
}

/* |X[k]|^2 of the real frames, and that of half - k. */
INLINE void power_pair(const row *z, long half, long k, const int32_t *places, const float *split, row *low, row *high)
{
    row x[2], y[2];
    pair(z, half, k, places, split, x, y);
    *low = x[0] * x[0] + x[1] * x[1];
    *high = y[0] * y[0] + y[1] * y[1];
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
        for (long k = 0; k < half; k += LANES) {
            row tile[LANES];
#pragma GCC unroll 8
            for (long i = 0; i < LANES; i++)
                tile[i] = power[k + i];
            turn(tile);
            *(loose_row *)(sum + k) = ((tile[0] + tile[1]) + (tile[2] + tile[3])) + ((tile[4] + tile[5]) + (tile[6] + tile[7]));
            *(loose_row *)(fourth + k) = tile[0];
            if (lanes > 4)
                *(loose_row *)(fourth + half + 1 + k) = tile[4];
        }
        row p = power[half];
        sum[half] = ((p[0] + p[1]) + (p[2] + p[3])) + ((p[4] + p[5]) + (p[6] + p[7]));
        fourth[half] = p[0];
        if (lanes > 4)
            fourth[2 * half + 1] = p[4];
    }
}

/* Each lane in ascending order (Batcher's merging of odd and even places, for any number of them). */
INLINE void sort(row *r, long count)
{
    for (long run = 1; run < count; run *= 2)
        for (long apart = run; apart >= 1; apart /= 2)
            for (long begin = apart % run; begin + apart < count; begin += 2 * apart)
                for (long i = begin; i < begin + apart && i + apart < count; i++)
                    if ((i ^ (i + apart)) < 2 * run) {
                        row x = r[i], y = r[i + apart];
                        r[i] = _mm256_min_ps(x, y), r[i + apart] = _mm256_max_ps(x, y);
                    }
}

/* Bits of the mantissas alone, whose exponents are added to others. */
INLINE row mantissa(row x, whole_row *exponents)
{
    *exponents += ((whole_row)x >> 23) - 127;
    return (row)(((whole_row)x & 0x7fffff) | 0x3f800000);
}

/* What frames of power, `apart` from each other, look like; a row each of `told`, which are `wide` from each other:
 * moments 0, 1 and 2 of the bins from `low` on, how many have a running sum below a share of all, the sum of them as
 * they are above the floor, and of their binary logarithms the whole part and what it lacks as a power; then, for each
 * octave, the sums of so many of its strongest bins, and of its weakest. */
void map4_shape(const float *power, long apart, long count, long low, long high, const float *khz, float share, float least,
                long octaves, const int32_t *edges, const int32_t *counted, row *room, float *told, long wide)
{
    for (long first = 0; first < count; first += LANES, told += LANES) {
        long lanes = count - first < LANES ? count - first : LANES;
        for (long k = low; k < high; k += LANES)
            gather(power + first * apart + k, apart, lanes, room + k);
        row moments[3] = {0}, until = {0}, floored = {0}, product = {0};
        whole_row below = {0}, exponents = {0};
        product += 1.0f;
        for (long k = low; k < high; k++) {
            row p = room[k], above = _mm256_max_ps(p, least + (row){0});
            moments[0] += p, moments[1] += khz[k] * p, moments[2] += khz[k] * khz[k] * p;
            floored += above;
            product *= mantissa(above, &exponents);
            if (k % 64 == 0 || k == high - 1) /* before it has no more room */
                product = mantissa(product, &exponents);
        }
        row wanted = share * moments[0];
        for (long k = low; k < high; k++) {
            until += room[k];
            below -= until < wanted;
        }
        row parts[] = {moments[0], moments[1], moments[2], __builtin_convertvector(below, row), floored,
                       __builtin_convertvector(exponents, row), product};
        float *here = told;
        for (unsigned long i = 0; i < sizeof parts / sizeof *parts; i++, here += wide)
            *(loose_row *)here = parts[i];
        for (long octave = 0; octave < octaves; octave++, here += 2 * wide) {
            row *bins = room + edges[octave], strongest = {0}, weakest = {0};
            long width = edges[octave + 1] - edges[octave];
            sort(bins, width);
            for (long i = 0; i < counted[octave]; i++)
                strongest += bins[width - 1 - i], weakest += bins[i];
            *(loose_row *)here = strongest, *(loose_row *)(here + wide) = weakest;
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

/* Spectral peaks of frames: where the parabolas through them and their neighbours have their vertices, and their
 * magnitudes. Returns how many there are. */
int map4_peaks(const float *magnitude, long bins, long count, long low, long high, float *places, float *heights)
{
    int peaks = 0;
    for (const float *frame = magnitude; frame < magnitude + count * bins; frame += bins)
        for (long k = low; k < high; k += LANES) {
            row here = *(const loose_row *)(frame + k);
            whole_row is = (here > *(const loose_row *)(frame + k - 1)) & (here >= *(const loose_row *)(frame + k + 1));
            int found = _mm256_movemask_ps((row)is) & (high - k < LANES ? (1 << (high - k)) - 1 : 255);
            for (; found; found &= found - 1, peaks++) {
                const float *at = frame + k + __builtin_ctz(found);
                places[peaks] = (at - frame) + 0.5f * (at[-1] - at[1]) / (at[-1] - 2.0f * at[0] + at[1]);
                heights[peaks] = at[0];
            }
        }
    return peaks;
}

/* Numbers >= 0 from the upper bits of their magnitudes, and back, rounded; as `packed.py`. */
void map4_unpack(const uint16_t *restrict words, long count, uint32_t *restrict numbers)
{
    for (long i = 0; i < count; i++)
        numbers[i] = (uint32_t)words[i] << 15;
}

void map4_pack(const uint32_t *restrict numbers, long count, uint16_t *restrict words)
{
    for (long i = 0; i < count; i++)
        words[i] = (numbers[i] + (1 << 14)) >> 15;
}

/* A point turned. */
INLINE void turned(row *a, row re, row im, const float *t)
{
    a[0] = re * t[0] - im * t[1], a[1] = re * t[1] + im * t[0];
}

/* Three points, as `butterfly`. */
INLINE void thirds(row *a, long apart, const float *t)
{
    const float sine = 0.866025404f;
    row *b = a + apart, *c = b + apart;
    row sr = b[0] + c[0], si = b[1] + c[1], dr = sine * (b[0] - c[0]), di = sine * (b[1] - c[1]);
    row mr = a[0] - 0.5f * sr, mi = a[1] - 0.5f * si;
    a[0] += sr, a[1] += si;
    turned(b, mr + di, mi - dr, t);
    turned(c, mr - di, mi + dr, t + 2);
}

/* Five points, as `butterfly`. */
INLINE void fifths(row *a, long apart, const float *t)
{
    const float c1 = 0.309016994f, c2 = -0.809016994f, s1 = 0.951056516f, s2 = 0.587785252f;
    row *b = a + apart, *c = b + apart, *d = c + apart, *e = d + apart;
    row pr = b[0] + e[0], pi = b[1] + e[1], qr = b[0] - e[0], qi = b[1] - e[1];
    row ur = c[0] + d[0], ui = c[1] + d[1], vr = c[0] - d[0], vi = c[1] - d[1];
    row mr = a[0] + c1 * pr + c2 * ur, mi = a[1] + c1 * pi + c2 * ui, nr = a[0] + c2 * pr + c1 * ur, ni = a[1] + c2 * pi + c1 * ui;
    row xr = s1 * qr + s2 * vr, xi = s1 * qi + s2 * vi, yr = s2 * qr - s1 * vr, yi = s2 * qi - s1 * vi;
    a[0] += pr + ur, a[1] += pi + ui;
    turned(b, mr + xi, mi - xr, t);
    turned(c, nr + yi, ni - yr, t + 2);
    turned(d, nr - yi, ni + yr, t + 4);
    turned(e, mr - xi, mi + xr, t + 6);
}

/* Spectra of rows of `given` samples, a multiple of eight, with silence behind them; by passes of radix 2 to 5. */
void map4_spectra(const float *samples, long given, long count, long half, const int32_t *radices, const float *turns,
                  const int32_t *places, const float *split, row *z, float *spectra)
{
    row *x = z + 2 * half;
    for (long first = 0; first < count; first += LANES) {
        long lanes = count - first < LANES ? count - first : LANES;
        for (long at = 0; at < given; at += LANES)
            gather(samples + first * given + at, given, lanes, z + at);
        if (given < 2 * half)
            memset(z + given, 0, (2 * half - given) * sizeof *z);
        const float *t = turns;
        const int32_t *radix = radices;
        for (long length = half; length > 1; length /= *radix++) {
            long apart = 2 * length / *radix, turn_by = 2 * (*radix - 1);
            for (long j = 0; j < length / *radix; j++, t += turn_by)
                for (row *a = z + 2 * j; a < z + 2 * half; a += 2 * length)
                    switch (*radix) {
                    case 5:
                        fifths(a, apart, t);
                        break;
                    case 4:
                        butterfly(a, apart, t);
                        break;
                    case 3:
                        thirds(a, apart, t);
                        break;
                    default: {
                        row br = a[0] - a[apart], bi = a[1] - a[apart + 1];
                        a[0] += a[apart], a[1] += a[apart + 1];
                        turned(a + apart, br, bi, t);
                    }
                    }
        }
        for (long k = 0; k <= half / 2; k++) {
            row *low = x + 2 * k, *high = x + 2 * (half - k), other[2];
            pair(z, half, k, places, split, low, other);
            high[0] = other[0], high[1] = -other[1];
        }
        for (long at = 0; at < 2 * (half + 1); at += LANES) {
            row tile[LANES];
            for (long i = 0; i < LANES; i++)
                tile[i] = x[at + i];
            turn(tile);
            long width = 2 * (half + 1) - at < LANES ? 2 * (half + 1) - at : LANES;
            for (long lane = 0; lane < lanes; lane++)
                memcpy(spectra + 2 * (first + lane) * (half + 1) + at, tile + lane, width * sizeof(float));
        }
    }
}

#define TILE 64
#define MOST_PAIRS 32

/* Even and odd samples of places that lie `apart`, `count` of each. */
INLINE void parted(const float *samples, long apart, long count, row *even, row *odd)
{
    for (long i = 0; i < count; i += LANES / 2) {
        row tile[LANES];
        gather(samples + 2 * i, apart, LANES, tile);
        for (long n = 0; n < LANES / 2; n++)
            even[i + n] = tile[2 * n], odd[i + n] = tile[2 * n + 1];
    }
}

/* Half the rate: for each of `pairs` taps both samples that lie so far beside the middle, which has the last tap. Samples
 * begin where the first tap lies, and go on for two behind the last; `count` is a multiple of 64, and `pairs` of 4. */
void map4_halved(const float *samples, long count, const float *taps, long pairs, float *halved)
{
    row even[TILE + 2 * MOST_PAIRS], odd[TILE + 2 * MOST_PAIRS];
    long each = count / LANES, before = 2 * pairs;
    if (count == 0)
        return;
    parted(samples, 2 * each, before, even, odd);
    for (long at = 0; at < each; at += TILE) {
        long width = each - at < TILE ? each - at : TILE;
        parted(samples + 2 * (at + before), 2 * each, width, even + before, odd + before);
        for (long i = 0; i < width; i += LANES) {
            row tile[LANES];
            for (long half = 0; half < LANES; half += 4) {
                const row *here = even + i + half + pairs;
                row sum[4];
#pragma GCC unroll 4
                for (long n = 0; n < 4; n++)
                    sum[n] = taps[pairs] * odd[i + half + pairs - 1 + n];
                for (long tap = 0; tap < pairs; tap += 4)
#pragma GCC unroll 4
                    for (long t = 0; t < 4; t++)
#pragma GCC unroll 4
                        for (long n = 0; n < 4; n++)
                            sum[n] += taps[tap + t] * (here[n - 1 - tap - t] + here[n + tap + t]);
#pragma GCC unroll 4
                for (long n = 0; n < 4; n++)
                    tile[half + n] = sum[n];
            }
            turn(tile);
            for (long lane = 0; lane < LANES; lane++)
                *(loose_row *)(halved + lane * each + at + i) = tile[lane];
        }
        memmove(even, even + width, before * sizeof *even);
        memmove(odd, odd + width, before * sizeof *odd);
    }
}

#define GROUPS 2

/* A shelf (direct form) and a high-pass (integrators, which keep a constant offset exact) along stretches side by side,
 * `apart` from each other. filter: b0 b1 b2 a1 a2 of the shelf; how the two integrators of the high-pass go on. */
INLINE void weigh(const float *samples, long apart, long count, long frames, const float *filter, row state[][GROUPS],
                  row *energy, row *total)
{
    float b0 = filter[0], b1 = filter[1], b2 = filter[2], a1 = filter[3], a2 = filter[4];
    float slow = filter[5], fast = filter[6], between = filter[7];
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
                row x = tile[n][i], y = b0 * x + state[0][n], high = y - state[3][n];
                state[0][n] = b1 * x + state[1][n] - a1 * y;
                state[1][n] = b2 * x - a2 * y;
                state[3][n] = state[3][n] + between * state[2][n] + fast * high;
                state[2][n] += slow * high;
                energy[n] += high * high;
                total[n] += x;
            }
    }
}

/* Sum of the squares of what the filter makes of each segment, and of the samples. Each lane has some segments in a row.
 * Its first begins with the state that the end of the one before it leaves, as what came earlier has died away; that of
 * the first lane with `state`, which is then that after the last. */
void map4_weighted(const float *samples, long frames, long count, long warm, const float *filter, float *state,
                   float *energy, float *total)
{
    long run = (count + GROUPS * LANES - 1) / (GROUPS * LANES), lanes = (count + run - 1) / run;
    row states[4][GROUPS] = {0}, unused[GROUPS] = {0};
    /* A lane further: that of the first segment is set. */
    weigh(samples + run * frames - warm, run * frames, lanes - 1, warm, filter, states, unused, unused);
    for (long s = 0; s < 4; s++) {
        float *lane = (float *)states[s];
        memmove(lane + 1, lane, (GROUPS * LANES - 1) * sizeof(float));
        lane[0] = state[s];
    }
    for (long place = 0; place < run; place++) {
        row squares[GROUPS] = {0}, sums[GROUPS] = {0};
        long with = (count - place + run - 1) / run;
        weigh(samples + place * frames, run * frames, with, frames, filter, states, squares, sums);
        for (long lane = 0, segment = place; segment < count; lane++, segment += run) {
            energy[segment] = ((float *)squares)[lane] * filter[8];
            total[segment] = ((float *)sums)[lane];
            for (long s = 0; segment == count - 1 && s < 4; s++)
                state[s] = ((float *)states[s])[lane];
        }
    }
}

/* Largest distance from `middle`. */
INLINE float farthest(const float *samples, long count, float middle)
{
    int32_t most = 0; /* magnitudes are ordered as their bits are */
    for (long i = 0; i < count; i++) {
        float distance = fabsf(samples[i] - middle);
        int32_t magnitude;
        memcpy(&magnitude, &distance, sizeof magnitude);
        most = magnitude > most ? magnitude : most;
    }
    float largest;
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

/* Largest distance from `middle` in each stretch. */
void map4_extremes(const float *samples, long stretch, long count, float middle, float *largest)
{
    for (long s = 0; s < count; s++)
        largest[s] = farthest(samples + s * stretch, stretch, middle);
}

/* Largest magnitude in each quarter of the stretches that exceed all before or all behind, for others `peaks`; as
 * `PeakScanner._add_envelope`. */
float map4_envelope(const float *samples, long apart, long channels, long stretch, long count, const float *peaks,
                    float highest, float *envelope)
{
    float after = -1;
    for (long s = count - 1; s >= 0; s--) /* what exceeds all behind is negative until all before are known */
        envelope[4 * s] = peaks[s] > after ? -1 : 0, after = peaks[s] > after ? peaks[s] : after;
    for (long s = 0; s < count; s++, envelope += 4) {
        long is_exact = envelope[0] < 0 || peaks[s] > highest;
        highest = peaks[s] > highest ? peaks[s] : highest;
        for (long quarter = 0; quarter < 4; quarter++) {
            envelope[quarter] = is_exact ? 0 : peaks[s];
            for (long channel = 0; is_exact && channel < channels; channel++) {
                float most = farthest(samples + channel * apart + s * stretch + quarter * (stretch / 4), stretch / 4, 0);
                envelope[quarter] = most > envelope[quarter] ? most : envelope[quarter];
            }
        }
    }
    return highest;
}

/* Largest magnitude between the samples of the stretches that are high, or `peak`; as `PeakScanner._interpolate`. */
float map4_true_peak(const float *samples, long stretch, long count, const float *largest, const float *kernel,
                     long half_taps, float candidate, float vertex, float peak)
{
    float least = candidate * peak, reached = vertex * peak;
    for (long s = 0; s < count; s++)
        for (long i = s * stretch; largest[s] > least && i < (s + 1) * stretch; i += LANES) {
            row here = *(const loose_row *)(samples + i), magnitude = (row)((whole_row)here & 0x7fffffff);
            row before = here - *(const loose_row *)(samples + i - 1), after = here - *(const loose_row *)(samples + i + 1);
            row across = after - before, curve = (row)((whole_row)(before + after) & 0x7fffffff);
            whole_row may = (magnitude > least) & (here * before >= 0.0f) & (here * after >= 0.0f)
                            & (across * across >= curve * (8.0f * (reached - magnitude)));
            long left = (s + 1) * stretch - i;
            int found = _mm256_movemask_ps((row)may) & (left < LANES ? (1 << left) - 1 : 255);
            for (; found; found &= found - 1) {
                const float *around = samples + i + __builtin_ctz(found) - half_taps;
                row points = {0};
                for (long tap = 0; tap <= 2 * half_taps; tap++)
                    points += around[tap] * *(const loose_row *)(kernel + LANES * tap);
                for (long point = 0; point < LANES; point++)
                    peak = fabsf(points[point]) > peak ? fabsf(points[point]) : peak;
            }
        }
    return peak;
}

/* Level of some frames above their mean from `reach` before to `reach` after, and its rises, as far as there are frames; as
 * `beat_network.frame_numbers`. */
void map4_levels(const float *level, long frames, long first, long last, long bands, long reach, long shorter, float gain,
                 long longer, float *numbers)
{
    double sum[64] = {0};
    for (long at = first > reach ? first - reach : 0; at < first + reach && at < frames; at++)
        for (long band = 0; band < bands; band++)
            sum[band] += level[at * bands + band];
    for (long at = first; at < last; at++, numbers += 3 * bands) {
        const float *now = level + at * bands, *late = now + reach * bands, *early = now - reach * bands;
        long low = at > reach ? at - reach : 0, high = at + reach < frames ? at + reach : frames;
        double share = 1.0 / (high - low);
        for (long band = 0; band < bands; band++) {
            float rise = at < shorter ? now[band] : now[band] - now[band - shorter * bands];
            float slow = at < longer ? now[band] : now[band] - now[band - longer * bands];
            numbers[band] = now[band] - sum[band] * share;
            numbers[bands + band] = rise > 0.0f ? gain * rise : 0.0f;
            numbers[2 * bands + band] = slow > 0.0f ? slow : 0.0f;
        }
        for (long band = 0; at + reach < frames && band < bands; band++)
            sum[band] += late[band];
        for (long band = 0; at >= reach && band < bands; band++)
            sum[band] -= early[band];
    }
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

/* Most likely course of places; as `bars._best_course`. The scores of all places are kept for the way back. */
void map4_course(const double *rows, long count, long metre, float cost, double *scores, int64_t *begins)
{
    memcpy(scores, rows, metre * sizeof *scores);
    for (long beat = 1; beat <= count; beat++) {
        double *now = scores + beat * metre, *before = now - metre, most = before[0];
        for (long place = 1; place < metre; place++)
            most = before[place] > most ? before[place] : most;
        for (long place = 0; place < metre && beat < count; place++)
            now[place] = (before[place] > most - cost ? before[place] : most - cost) + rows[beat * metre + place];
        begins[beat - 1] = 0; /* the first of the best */
        while (before[begins[beat - 1]] < most)
            begins[beat - 1]++;
    }
    for (long beat = count - 2; beat >= 0; beat--) {
        double *here = scores + beat * metre;
        if (here[begins[beat + 1]] >= here[begins[beat]] - cost)
            begins[beat] = begins[beat + 1];
    }
}

/* Means of the rows from each edge to before the next, of one row at least. */
void map4_means(const float *rows, const int64_t *edges, long count, long bands, float *means)
{
    for (long i = 0; i < count; i++, means += bands) {
        long first = edges[i], after = edges[i + 1] > first ? edges[i + 1] : first + 1;
        memset(means, 0, bands * sizeof *means);
        for (long at = first; at < after; at++)
            for (long band = 0; band < bands; band++)
                means[band] += rows[at * bands + band];
        for (long band = 0; band < bands; band++)
            means[band] /= after - first;
    }
}

/* Rises of the level over a `far` time, over the same beyond the neighbouring bands, and over a `near` time; as
 * `onsets._rises`. */
void map4_rises(const float *restrict level, long count, long bands, long far, long near, float *restrict rise,
                float *restrict beyond, float *restrict sharp)
{
    for (long at = 0; at < count * bands; at += bands) {
        const float *past = level + at, *now = past + far * bands, *late = now - near * bands;
        for (long band = 0; band < bands; band++) {
            float most = now[band] - past[band], last = now[band] - late[band];
            rise[at + band] = most > 0.0f ? most : 0.0f;
            sharp[at + band] = last > 0.0f ? last : 0.0f;
        }
        for (long band = 1; band < bands - 1; band++) {
            float wide = past[band - 1] > past[band] ? past[band - 1] : past[band];
            float most = now[band] - (past[band + 1] > wide ? past[band + 1] : wide);
            beyond[at + band] = most > 0.0f ? most : 0.0f;
        }
        float most = now[0] - fmaxf(past[0], past[1]);
        float last = now[bands - 1] - fmaxf(past[bands - 2], past[bands - 1]);
        beyond[at] = fmaxf(most, 0.0f), beyond[at + bands - 1] = fmaxf(last, 0.0f);
    }
}

/* exp(x) - 1 below zero, and x above (exponential linear unit). */
INLINE row elu(row x)
{
    row low = _mm256_max_ps(_mm256_min_ps(x, (row){0}), (row){0} - 87.0f);
    row whole = _mm256_round_ps(low * 1.44269504f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    row r = low - whole * 0.693359375f + whole * 2.12194440e-4f; /* ln 2 in two parts */
    row power = 1.9875691500e-4f * r + 1.3981999507e-3f;
    power = power * r + 8.3334519073e-3f;
    power = power * r + 4.1665795894e-2f;
    power = power * r + 1.6666665459e-1f;
    power = power * r + 5.0000001201e-1f;
    power = power * (r * r) + r + 1.0f;
    row scale = (row)((__builtin_convertvector(whole, whole_row) + 127) << 23);
    return _mm256_max_ps(x, power * scale - 1.0f);
}

#define FRAMES 4
#define PANEL 3
#define WIDE_FRAMES 6
#define WIDE_PANEL 8
#define MOST_TAPS 8
#define MOST_INPUTS 1024

/* What `width` rows of outputs of some frames get by all taps and at the beginning; the last may have fewer outputs. With
 * `four` in the last, those of two frames share a row. */
INLINE void products(const float *from[][WIDE_FRAMES], long inputs, const float *weights, long taps, long outputs,
                     whole_row last, long width, long four, const row *begin, row sum[][WIDE_PANEL])
{
    row all[FRAMES][PANEL] = {0};
    for (long tap = 0; tap < taps; tap++)
        for (long k = 0; k < inputs; k++, weights += outputs) {
            row by[PANEL];
#pragma GCC unroll 4
            for (long i = 0; i < width - 1; i++)
                by[i] = *(const loose_row *)(weights + LANES * i);
            const float *tail = weights + LANES * (width - 1);
            by[width - 1] = four ? _mm256_broadcast_ps((const __m128 *)tail) : _mm256_maskload_ps(tail, (__m256i)last);
#pragma GCC unroll 4
            for (long n = 0; n < FRAMES; n += 2) {
                row x = from[tap][n][k] + (row){0}, y = from[tap][n + 1][k] + (row){0};
#pragma GCC unroll 4
                for (long i = 0; i < width - four; i++)
                    all[n][i] += x * by[i], all[n + 1][i] += y * by[i];
                if (four)
                    all[n][width - 1] += __builtin_shufflevector(x, y, 0, 1, 2, 3, 12, 13, 14, 15) * by[width - 1];
            }
        }
#pragma GCC unroll 4
    for (long n = 0; n < FRAMES; n++) {
        if (four && n % 2)
            all[n][width - 1] = __builtin_shufflevector(all[n - 1][width - 1], begin[0], 4, 5, 6, 7, 8, 9, 10, 11);
#pragma GCC unroll 4
        for (long i = 0; i < width; i++)
            sum[n][i] = begin[i] + all[n][i];
    }
}

typedef float wide_row __attribute__((vector_size(64)));
typedef float loose_wide_row __attribute__((vector_size(64), aligned(4)));

/* The same for 64 outputs of six frames, in rows of sixteen. */
__attribute__((target("avx512f"))) static void wide_products(const float *from[][WIDE_FRAMES], long inputs, const float *weights,
                                                             long taps, long outputs, const row *begin, row sum[][WIDE_PANEL])
{
    wide_row all[WIDE_FRAMES][WIDE_PANEL / 2] = {0};
    for (long tap = 0; tap < taps; tap++)
        for (long k = 0; k < inputs; k++, weights += outputs)
#pragma GCC unroll 6
            for (long n = 0; n < WIDE_FRAMES; n++)
#pragma GCC unroll 4
                for (long i = 0; i < WIDE_PANEL / 2; i++)
                    all[n][i] += from[tap][n][k] * *(const loose_wide_row *)(weights + 16 * i);
    for (long n = 0; n < WIDE_FRAMES; n++)
        for (long i = 0; i < WIDE_PANEL / 2; i++)
            *(loose_wide_row *)(sum[n] + 2 * i) = *(const loose_wide_row *)(begin + 2 * i) + all[n][i];
}

/* Convolution over time with zeros around; as `network.convolved`. */
void map4_convolved(const float *frames, long count, long inputs, const float *weights, long taps, long outputs, long apart,
                    const float *bias, long curved, long added, float *out)
{
    static const float none[MOST_INPUTS];
    for (long first = 0, width; first < outputs; first += LANES * width) {
        /* Older processors with such rows lower their clock for them. */
        long left = outputs - first, wide = left >= LANES * WIDE_PANEL && __builtin_cpu_supports("avx512vbmi2");
        long step = wide ? WIDE_FRAMES : FRAMES;
        width = wide ? WIDE_PANEL : left > 2 * LANES ? 3 : left > LANES ? 2 : 1;
        whole_row last = (whole_row){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)(left - (width - 1) * LANES);
        row begin[WIDE_PANEL];
        for (long i = 0; i < width; i++)
            begin[i] = _mm256_maskload_ps(bias + first + LANES * i, i < width - 1 ? _mm256_set1_epi32(-1) : (__m256i)last);
        for (long at = 0; at < count; at += step) {
            const float *from[MOST_TAPS][WIDE_FRAMES];
            for (long tap = 0; tap < taps; tap++)
                for (long n = 0; n < step; n++) {
                    long place = at + n + (tap - taps / 2) * apart;
                    from[tap][n] = place >= 0 && place < count ? frames + place * inputs : none;
                }
            row sum[WIDE_FRAMES][WIDE_PANEL];
            if (wide)
                wide_products(from, inputs, weights + first, taps, outputs, begin, sum);
            else if (left == 2 * LANES + 4)
                products(from, inputs, weights + first, taps, outputs, last, 3, 1, begin, sum);
            else if (width == 3)
                products(from, inputs, weights + first, taps, outputs, last, 3, 0, begin, sum);
            else if (width == 2)
                products(from, inputs, weights + first, taps, outputs, last, 2, 0, begin, sum);
            else
                products(from, inputs, weights + first, taps, outputs, last, 1, 0, begin, sum);
            for (long n = 0; n < step && at + n < count; n++)
                for (long i = 0; i < width; i++) {
                    float *to = out + (at + n) * outputs + first + LANES * i;
                    __m256i mask = i < width - 1 ? _mm256_set1_epi32(-1) : (__m256i)last;
                    row x = added ? sum[n][i] + _mm256_maskload_ps(to, mask) : sum[n][i];
                    x = curved ? elu(x) : x;
                    if (left - i * LANES >= LANES)
                        *(loose_row *)to = x;
                    else
                        for (long lane = 0; lane < left - i * LANES; lane++)
                            to[lane] = x[lane];
                }
        }
    }
}
