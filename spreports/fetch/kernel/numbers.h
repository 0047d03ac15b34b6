/* Numbers and truth values, exactly; 0 for any other text. */
#ifndef SPREPORTS_NUMBERS_H
#define SPREPORTS_NUMBERS_H

#include "kernel.h"

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
    if (text.at == text.end || text.end - text.at > 18) return 0;
    if (whole(text.at, text.end, &value) != text.end) return 0;
    *to = negative ? -value : value;
    return 1;
}

/* A number with a point, as digits and places; up to 15 or 18 digits in all. */
static int pointed(piece text, int most, int64_t *to, int *places) {
    int negative = *text.at == '-';
    text.at += negative;
    if (text.end - text.at > most + 1) return 0;
    int64_t value;
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

/* 128 bits, six places. */
static int decimal(piece text, int64_t *to) {
    static const int64_t tens[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t value, most = 12 + (*text.at == '-'); /* before the point, for 64 bits */
    int places;
    if (!pointed(text, 18, &value, &places) || places > 6) return 0;
    if (text.end - text.at - (places ? places + 1 : 0) > most) return 0;
    to[0] = value * tens[places];
    to[1] = to[0] >> 63;
    return 1;
}

static int boolean(piece text, int *to) {
    static const char words[2][6] = {"false", "true"};
    uint32_t size = (uint32_t)(text.end - text.at);
    *to = size == 4;
    if (size != 4 && size != 5) return 0;
    for (uint32_t k = 0; k < size; k++)
        if ((text.at[k] | 0x20) != words[*to][k]) return 0;
    return 1;
}

#endif
