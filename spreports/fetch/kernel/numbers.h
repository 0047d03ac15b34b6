/* Numbers and truth values, exactly; 0 for any other text. */
#ifndef SPREPORTS_NUMBERS_H
#define SPREPORTS_NUMBERS_H

#include "kernel.h"

enum { SHORT = 8 }; /* characters that are read in one step */
#define EACH(letter) (0x0101010101010101ull * (letter))

/* One to eight characters as digits with zeros in front; the first is lowest. */
static inline uint64_t digits_of(const byte *at, uint32_t size) {
    return (*(const uint64_t *)at ^ EACH('0')) << (64 - 8 * size);
}

static inline int are_digits(uint64_t text) {
    return !(((text + EACH(0x76)) | text) & EACH(0x80));
}

/* Pairs first, then the four of them at once. */
static inline int64_t value_of(uint64_t digits) {
    const uint64_t lowest = 0x000000ff000000ffull;
    digits = digits * 10 + (digits >> 8);
    return (int64_t)(((digits & lowest) * (100 + (1000000ull << 32)) +
                      ((digits >> 16) & lowest) * (1 + (10000ull << 32))) >>
                     32);
}

/* As `pointed`, without a sign, up to eight characters. */
static inline __attribute__((always_inline)) int short_pointed(const byte *at,
                                                               uint32_t size,
                                                               int64_t *to,
                                                               int *places) {
    uint64_t text = digits_of(at, size), odd = text ^ EACH('.' ^ '0');
    uint64_t points = (odd - EACH(1)) & ~odd & EACH(0x80);
    *places = 0;
    if (points) { /* the lowest bit is that of the first point */
        uint32_t shift = (uint32_t)__builtin_ctzll(points) - 7;
        if (shift == 64 - 8 * size || shift == 56) return 0;
        uint64_t whole = text & ~(~0ull << shift);
        text = (text & ~0ull << 8 << shift) | whole << 8;
        *places = 7 - (int)(shift / 8);
    }
    *to = value_of(text);
    return are_digits(text);
}

static const byte *whole(const byte *at, const byte *end, int64_t *value) {
    int64_t found = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) found = found * 10 + (*at - '0');
    *value = found;
    return at;
}

static int int64(piece text, int64_t *to) {
    int negative = *text.at == '-';
    text.at += negative;
    int64_t value;
    uint32_t size = (uint32_t)(text.end - text.at);
    if (!size || size > 18) return 0;
    if (size <= SHORT) {
        uint64_t digits = digits_of(text.at, size);
        if (!are_digits(digits)) return 0;
        value = value_of(digits);
    } else if (whole(text.at, text.end, &value) != text.end) return 0;
    *to = negative ? -value : value;
    return 1;
}

/* A number with a point, as digits and places; up to 15 or 18 digits in all. */
static inline __attribute__((always_inline)) int pointed(piece text, int most,
                                                         int64_t *to, int *places) {
    int negative = *text.at == '-';
    text.at += negative;
    if (text.end - text.at > most + 1 || text.at == text.end) return 0;
    int64_t value;
    if (text.end - text.at <= SHORT) {
        if (!short_pointed(text.at, (uint32_t)(text.end - text.at), &value, places))
            return 0;
        *to = negative ? -value : value;
        return 1;
    }
    const byte *point = whole(text.at, text.end, &value);
    if (point == text.at) return 0;
    *places = 0;
    if (point != text.end) {
        if (*point != '.' || point + 1 == text.end) return 0;
        for (const byte *at = point + 1; at < text.end; at++, ++*places) {
            if (*at < '0' || *at > '9') return 0;
            value = value * 10 + (*at - '0');
        }
    } else if (text.end - text.at > most)
        return 0;
    *to = negative ? -value : value;
    return 1;
}

static const double TENS[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Digits and power of ten are both exact in a double, so that the quotient is the
   nearest one. */
static int float64(piece text, double *to) {
    int64_t value;
    int places, negative = *text.at == '-';
    if (!pointed(text, 15, &value, &places)) return 0;
    double exact = (double)(negative ? -value : value) / TENS[places];
    *to = negative ? -exact : exact;
    return 1;
}

/* A short number and its value: prices are a few, and mostly the last one again. */
typedef struct {
    uint64_t digits;
    uint32_t size;
    int64_t value;
} seen;

/* 128 bits, six places. */
static inline int decimal(piece text, seen *last, int64_t *to) {
    static const int64_t tens[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t value, most = 12 + (*text.at == '-'); /* before the point, for 64 bits */
    int places;
    uint32_t size = (uint32_t)(text.end - text.at);
    uint64_t digits = size <= SHORT ? digits_of(text.at, size) : 0;
    if (size <= SHORT && size == last->size && digits == last->digits) {
        to[0] = last->value;
        to[1] = last->value >> 63;
        return 1;
    }
    if (!pointed(text, 18, &value, &places) || places > 6) return 0;
    if (text.end - text.at - (places ? places + 1 : 0) > most) return 0;
    to[0] = value * tens[places];
    to[1] = to[0] >> 63;
    *last = (seen){digits, size, to[0]};
    return 1;
}

/* The same with a comma or a point, behind which are one or two digits: then it cannot
   stand between groups of three. The other one may. */
static int local_decimal(piece text, seen *last, int64_t *to) {
    byte plain[24], *out = plain;
    const byte *mark = text.end, *first = text.at + (*text.at == '-');
    if (text.end - text.at > 24) return 0;
    for (const byte *at = text.at; at < text.end; at++)
        if (*at == ',' || *at == '.') mark = at;
    if (text.end - mark > 3) return 0;
    for (const byte *at = text.at; at < text.end; at++) {
        if (at < mark && *at == (*mark == ',' ? '.' : ',')) {
            if ((mark - at) % 4 || at == first) return 0;
            continue;
        }
        *out++ = at == mark ? '.' : *at;
    }
    uint32_t groups = (uint32_t)(text.end - text.at - (out - plain));
    if (groups && mark - first - 4 * (int32_t)groups > 3) return 0;
    return decimal((piece){plain, out}, last, to);
}

/* What Amazon writes for no number: "--", "-", and "N/A" in any case. */
static inline int is_dash(piece text) {
    uint32_t size = (uint32_t)(text.end - text.at);
    if (size == 3)
        return (text.at[0] | 0x20) == 'n' && text.at[1] == '/' &&
               (text.at[2] | 0x20) == 'a';
    return size && size < 3 && *text.at == '-' && text.end[-1] == '-';
}

/* In any case: true, yes, y, 1 and t, and their opposites. */
static int boolean(piece text, int *to) {
    uint32_t size = (uint32_t)(text.end - text.at);
    uint32_t letters = *(const uint32_t *)text.at | 0x20202020;
    if (size < 4) letters &= (1u << 8 * size) - 1;
    *to = 1;
    if (size == 4) return letters == *(const uint32_t *)"true";
    if (size == 3) return letters == *(const uint32_t *)"yes";
    if (size == 1 && (letters == 'y' || letters == 't' || *text.at == '1')) return 1;
    *to = 0;
    if (size == 1) return letters == 'n' || letters == 'f' || *text.at == '0';
    if (size == 2) return letters == ('n' | 'o' << 8);
    return size == 5 && letters == *(const uint32_t *)"fals" &&
           (text.at[4] | 0x20) == 'e';
}

#endif
