/* Days and instants, as ISO 8601 and by pattern; 0 for any other text. */
#ifndef SPREPORTS_TIMES_H
#define SPREPORTS_TIMES_H

#include <wasm_simd128.h>

#include "kernel.h"

enum { NO_CLOCK = 255 }; /* the place of the hour, where a day is its midnight */

/* Two digits; or less than can be made up for by two others, times a hundred. */
static int two(const byte *at) {
    int tens = at[0] - '0', ones = at[1] - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -100000 : tens * 10 + ones;
}

/* Days since 1970. Years 2 to 9998, so that no zone leads out of what Python knows. */
static int day_of(int year, int month, int day, int32_t *to) {
    static const byte lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 2 || year > 9998 || month < 1 || month > 12 || day < 1) return 0;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (leap && month == 2)) return 0;
    /* counted from March, so that a leap day comes last */
    int from = year - (month < 3), of_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    *to = from * 365 + from / 4 - from / 100 + from / 400 + of_year - 719469;
    return 1;
}

static int clock_of(const byte *hour_at, const byte *minute_at, const byte *second_at,
                    int *to) {
    int hour = two(hour_at), minute = two(minute_at), second = two(second_at);
    *to = hour * 3600 + minute * 60 + second;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
           second < 60;
}

static int date(const byte *at, int32_t *to) {
    return at[4] == '-' && at[7] == '-' &&
           day_of(two(at) * 100 + two(at + 2), two(at + 5), two(at + 8), to);
}

/* 2026-01-31T23:59:59 in UTC, all of it in one step; 0 for what else it may be. */
static inline int utc(const byte *at, uint32_t size, int64_t *to) {
    int zone = size == 20 ? at[19] == 'Z'
                          : *(const uint32_t *)(at + 19) == *(const uint32_t *)"+00:" &&
                                *(const uint16_t *)(at + 23) == *(const uint16_t *)"00";
    /* the seconds are in the second half */
    v128_t one = wasm_v128_xor(wasm_v128_load(at),
                               wasm_i8x16_make('0', '0', '0', '0', '-', '0', '0', '-',
                                               '0', '0', 'T', '0', '0', ':', '0', '0'));
    v128_t other = wasm_v128_xor(wasm_v128_load(at + 3),
                                 wasm_i8x16_make(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                 ':', '0', '0'));
    v128_t most = wasm_i8x16_make(9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9);
    v128_t behind = wasm_u8x16_make(255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                    255, 255, 255, 0, 9, 9);
    if (!zone || !wasm_i8x16_all_true(wasm_v128_and(wasm_u8x16_le(one, most),
                                                    wasm_u8x16_le(other, behind))))
        return 0;
    v128_t pairs = wasm_i8x16_shuffle(one, other, 0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14,
                                      15, 30, 31, 30, 31);
    v128_t tens = wasm_v128_and(pairs, wasm_i16x8_splat(0xff));
    v128_t two_digits = wasm_i16x8_add(wasm_i16x8_mul(tens, wasm_i16x8_splat(10)),
                                       wasm_u16x8_shr(pairs, 8));
    int hour = wasm_i16x8_extract_lane(two_digits, 4);
    int minute = wasm_i16x8_extract_lane(two_digits, 5);
    int second = wasm_i16x8_extract_lane(two_digits, 6);
    int year = wasm_i16x8_extract_lane(two_digits, 0) * 100 +
               wasm_i16x8_extract_lane(two_digits, 1);
    int32_t days;
    if (hour > 23 || minute > 59 || second > 59 ||
        !day_of(year, wasm_i16x8_extract_lane(two_digits, 2),
                wasm_i16x8_extract_lane(two_digits, 3), &days))
        return 0;
    *to = (days * 86400ll + hour * 3600 + minute * 60 + second) * 1000000;
    return 1;
}

/* 2026-01-31T23:59:59 with Z, +00:00 or another offset, to microseconds. */
static int timestamp(piece text, int64_t *to) {
    const byte *at = text.at;
    int32_t days;
    uint32_t size = (uint32_t)(text.end - at);
    if (size != 20 && size != 25) return 0;
    if (utc(at, size, to)) return 1;
    if (!date(at, &days)) return 0;
    int clock, east = 0;
    if (at[10] != 'T' || at[13] != ':' || at[16] != ':' ||
        !clock_of(at + 11, at + 14, at + 17, &clock))
        return 0;
    if (size == 20) {
        if (at[19] != 'Z') return 0;
    } else {
        int hours = two(at + 20), minutes = two(at + 23);
        if ((at[19] != '+' && at[19] != '-') || at[22] != ':' || hours < 0 ||
            hours > 14 || minutes < 0 || minutes > 59)
            return 0;
        east = (hours * 60 + minutes) * (at[19] == '-' ? -60 : 60);
    }
    *to = (days * 86400ll + clock - east) * 1000000;
    return 1;
}

/* The zone that stands from `at` to `end`. */
static int zone_of(const byte *at, const byte *end, const pattern *form, int *east) {
    const zone *zones = (const zone *)form->zones;
    uint64_t name = 0;
    if (end == at || end - at > 8) return 0;
    for (int k = 0; at + k < end; k++) {
        if (!at[k]) return 0; /* names are filled up with zeros */
        name |= (uint64_t)at[k] << 8 * k;
    }
    for (uint32_t k = 0; k < form->count; k++)
        if (*(const uint64_t *)zones[k].name == name) {
            *east = zones[k].offset;
            return 1;
        }
    return 0;
}

/* Whether a text has the marks and digits of a pattern; what is behind its width is
   left. */
static int is_like(const byte *at, const pattern *form) {
    const byte *like = (const byte *)form->text;
    uint32_t width = form->width;
    for (uint32_t k = 0; k < width; k += 16) {
        v128_t letters = wasm_v128_load(like + k);
        v128_t most = wasm_v128_and(wasm_i8x16_eq(letters, wasm_i8x16_splat('0')),
                                    wasm_i8x16_splat(9));
        v128_t found = wasm_v128_xor(wasm_v128_load(at + k), letters);
        uint32_t bad = wasm_i8x16_bitmask(wasm_u8x16_gt(found, most));
        if (width - k < 16) bad &= (1u << (width - k)) - 1;
        if (bad) return 0;
    }
    return 1;
}

static int day_in(const byte *at, const byte *places, int32_t *to) {
    return day_of(two(at + places[0]) * 100 + two(at + places[0] + 2),
                  two(at + places[1]), two(at + places[2]), to);
}

static int day_by_pattern(piece text, const pattern *form, int32_t *to) {
    return (uint32_t)(text.end - text.at) == form->width && is_like(text.at, form) &&
           day_in(text.at, form->places, to);
}

static int by_pattern(piece text, const pattern *form, int64_t *to) {
    const byte *at = text.at, *p = form->places;
    uint32_t size = (uint32_t)(text.end - at), width = form->width;
    int32_t days;
    int clock = 0, east = form->offset;
    if ((form->zones ? size <= width : size != width) || !is_like(at, form) ||
        !day_in(at, p, &days))
        return 0;
    if (p[3] != NO_CLOCK && !clock_of(at + p[3], at + p[4], at + p[5], &clock))
        return 0;
    if (form->zones && !zone_of(at + width, text.end, form, &east)) return 0;
    *to = (days * 86400ll + clock - east) * 1000000;
    return 1;
}

#endif
