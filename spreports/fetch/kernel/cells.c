/* Cells of one column to Arrow's buffers. */
#include <wasm_simd128.h>

#include "kernel.h"

typedef struct {
    const byte *at, *end;
} piece;

/* Begin a column: room for bits, all of them set, until a null comes. */
static byte *bits_of(uint32_t rows) {
    uint32_t size = (rows + 7) / 8;
    byte *bits = take(size + 8);
    for (uint32_t at = 0; at < size; at += 8) *(uint64_t *)(bits + at) = ~0ull;
    return bits;
}

static void clear(byte *bits, uint32_t row) { bits[row >> 3] &= ~(1u << (row & 7)); }

static uint32_t hex(const byte *at) {
    uint32_t found = 0;
    for (int k = 0; k < 4; k++) {
        byte digit = at[k], letter = digit | 0x20;
        if (digit >= '0' && digit <= '9')
            found = found << 4 | (digit - '0');
        else if (letter >= 'a' && letter <= 'f')
            found = found << 4 | (letter - 'a' + 10u);
        else
            return NO_CELL;
    }
    return found;
}

static byte *utf8(uint32_t point, byte *to) {
    if (point < 0x80) {
        *to++ = (byte)point;
    } else if (point < 0x800) {
        *to++ = (byte)(0xc0 | point >> 6);
        *to++ = (byte)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        *to++ = (byte)(0xe0 | point >> 12);
        *to++ = (byte)(0x80 | (point >> 6 & 0x3f));
        *to++ = (byte)(0x80 | (point & 0x3f));
    } else {
        *to++ = (byte)(0xf0 | point >> 18);
        *to++ = (byte)(0x80 | (point >> 12 & 0x3f));
        *to++ = (byte)(0x80 | (point >> 6 & 0x3f));
        *to++ = (byte)(0x80 | (point & 0x3f));
    }
    return to;
}

/* One `\u` escape or a pair of them, from behind the `u`; NULL for half of a pair. */
static byte *code_point(const byte **from, const byte *end, byte *to) {
    const byte *at = *from;
    uint32_t point = end - at < 4 ? NO_CELL : hex(at);
    at += 4;
    if (point >= 0xd800 && point < 0xdc00 && end - at >= 6 && at[0] == '\\' &&
        at[1] == 'u') {
        uint32_t low = hex(at + 2);
        if (low < 0xdc00 || low >= 0xe000) return 0;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
    } else if (point > 0xffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    *from = at;
    return utf8(point, to);
}

/* The inside of a JSON string as it reads; NULL for an escape that is none.
   Source: RFC 8259, section 7. */
static byte *unescaped(piece from, byte *to) {
    while (from.at < from.end) {
        byte here = *from.at++;
        if (here == '\\') {
            if (from.at == from.end) return 0;
            here = *from.at++;
            switch (here) {
            case '"': case '\\': case '/': break;
            case 'b': here = '\b'; break;
            case 'f': here = '\f'; break;
            case 'n': here = '\n'; break;
            case 'r': here = '\r'; break;
            case 't': here = '\t'; break;
            case 'u':
                to = code_point(&from.at, from.end, to);
                if (!to) return 0;
                continue;
            default: return 0;
            }
        }
        *to++ = here;
    }
    return to;
}

/* Copies up to 15 bytes too many: the room behind is written next, or is slack. */
static void copy(byte *to, const byte *from, uint32_t size) {
    wasm_v128_store(to, wasm_v128_load(from));
    for (uint32_t at = 16; at < size; at += 16)
        wasm_v128_store(to + at, wasm_v128_load(from + at));
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

/* Two digits, or -1000 and less. */
static int two(const byte *at) {
    int tens = at[0] - '0', ones = at[1] - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1000 : tens * 10 + ones;
}

/* Days since 1970. Years 2 to 9998, so that no zone leads out of what Python knows. */
static int date(const byte *at, int32_t *to) {
    static const byte lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = two(at) * 100 + two(at + 2), month = two(at + 5), day = two(at + 8);
    if (at[4] != '-' || at[7] != '-' || year < 2 || year > 9998 || month < 1 ||
        month > 12 || day < 1)
        return 0;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (leap && month == 2)) return 0;
    /* counted from March, so that a leap day comes last */
    int from = year - (month < 3), of_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    *to = from * 365 + from / 4 - from / 100 + from / 400 + of_year - 719469;
    return 1;
}

/* 2026-01-31T23:59:59 with Z, +00:00 or another offset, to microseconds. */
static int timestamp(piece text, int64_t *to) {
    const byte *at = text.at;
    int32_t days;
    uint32_t size = (uint32_t)(text.end - at);
    if ((size != 20 && size != 25) || !date(at, &days)) return 0;
    int hour = two(at + 11), minute = two(at + 14), second = two(at + 17), zone = 0;
    if (at[10] != 'T' || at[13] != ':' || at[16] != ':' || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 59)
        return 0;
    if (size == 20) {
        if (at[19] != 'Z') return 0;
    } else {
        int hours = two(at + 20), minutes = two(at + 23);
        if ((at[19] != '+' && at[19] != '-') || at[22] != ':' || hours < 0 ||
            hours > 14 || minutes < 0 || minutes > 59)
            return 0;
        zone = (hours * 60 + minutes) * (at[19] == '-' ? -60 : 60);
    }
    int64_t seconds = days * 86400ll + hour * 3600 + minute * 60 + second - zone;
    *to = seconds * 1000000;
    return 1;
}

/* The bytes of all cells of a column together; an escape counts for what it is. */
static uint32_t bytes_in(const uint32_t *first, const uint32_t *last, uint32_t rows,
                         uint32_t less) {
    uint32_t size = 0;
    for (uint32_t row = 0; row < rows; row++)
        size += first[row] == NO_CELL ? 0 : (last[row] & ~ESCAPED) - first[row] - less;
    return size;
}

/* Set the bits of texts that are not empty; return how many are. */
static uint32_t empty_ones(const int32_t *ends, uint32_t rows, byte *valid) {
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < rows; row += 8) {
        uint32_t bits = 0, here = rows - row < 8 ? rows - row : 8;
        for (uint32_t k = 0; k < here; k++)
            bits |= (uint32_t)(ends[row + k] != ends[row + k + 1]) << k;
        valid[row >> 3] = (byte)bits;
        nulls += here - (uint32_t)__builtin_popcount(bits);
    }
    return nulls;
}

/* Texts of a flat file, as they stand. */
static byte *as_they_stand(const byte *text, const uint32_t *restrict first,
                           const uint32_t *restrict last, uint32_t rows, uint32_t less,
                           uint32_t nothing, int32_t *restrict ends, byte *data) {
    byte *out = data;
    for (uint32_t row = 0; row < rows; row++) {
        const byte *from = text + first[row];
        uint32_t size = last[row] - first[row] - less;
        if (nothing == EMPTY_OR_SPACE && size == 1 && *from == ' ') size = 0;
        ends[row] = out - data;
        copy(out, from, size);
        out += size;
    }
    return out;
}

/* Texts of JSON strings; NULL where an escape is none. */
static byte *as_they_read(const byte *text, const uint32_t *first, const uint32_t *last,
                          column *to, uint32_t rows, int32_t *ends, byte *data) {
    byte *out = data;
    for (uint32_t row = 0; row < rows; row++) {
        ends[row] = out - data;
        if (first[row] == NO_CELL) {
            clear((byte *)to->valid, row);
            to->nulls++;
        } else if (last[row] & ESCAPED) {
            out = unescaped((piece){text + first[row], text + (last[row] & ~ESCAPED)},
                            out);
            if (!out) return 0;
        } else {
            copy(out, text + first[row], last[row] - first[row]);
            out += last[row] - first[row];
        }
    }
    return out;
}

static int texts(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    int32_t *ends = take(4 * (rows + 1));
    byte *data = take(bytes_in(first, last, rows, where.less) + SLACK), *out;
    if (where.less)
        out = as_they_stand(text, first, last, rows, where.less, nothing, ends, data);
    else
        out = as_they_read(text, first, last, to, rows, ends, data);
    if (!out) return 0;
    ends[rows] = out - data;
    if (nothing) to->nulls = empty_ones(ends, rows, (byte *)to->valid);
    to->values = (uint32_t)ends;
    to->data = (uint32_t)data;
    to->size = out - data;
    return 1;
}

static uint32_t bytes_of(uint32_t kind, uint32_t rows) {
    switch (kind) {
    case DECIMAL: return 16 * rows;
    case BOOLEAN: return (rows + 7) / 8 + 8;
    case DATE: return 4 * rows;
    default: return 8 * rows;
    }
}

static inline __attribute__((always_inline)) int fits(uint32_t kind, piece text,
                                                      byte *values, uint32_t row) {
    int truth;
    switch (kind) {
    case INT64: return int64(text, (int64_t *)values + row);
    case FLOAT64: return float64(text, (double *)values + row);
    case DECIMAL: return decimal(text, (int64_t *)values + 2 * row);
    case DATE:
        return text.end - text.at == 10 && date(text.at, (int32_t *)values + row);
    case TIMESTAMP: return timestamp(text, (int64_t *)values + row);
    default:
        if (!boolean(text, &truth)) return 0;
        if (!truth) clear(values, row);
        return 1;
    }
}

static inline __attribute__((always_inline)) int typed_as(
    uint32_t kind, const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
    uint32_t nothing, byte *values) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    byte *valid = (byte *)to->valid;
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < rows; row++) {
        piece own = {text + first[row], text + last[row] - where.less};
        if (first[row] == NO_CELL || own.at == own.end ||
            (nothing == EMPTY_OR_SPACE && own.end - own.at == 1 && *own.at == ' ')) {
            clear(valid, row);
            nulls++;
        } else if (last[row] & ESCAPED || !fits(kind, own, values, row))
            return 0;
    }
    to->nulls = nulls;
    return 1;
}

static int typed(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    byte *values = to->kind == BOOLEAN ? bits_of(rows) : take(bytes_of(to->kind, rows));
    to->values = (uint32_t)values;
    to->size = bytes_of(to->kind, rows);
#define AS(kind) \
    case kind: return typed_as(kind, text, where, rows, k, to, nothing, values)
    switch (to->kind) {
        AS(INT64);
        AS(FLOAT64);
        AS(DECIMAL);
        AS(BOOLEAN);
        AS(DATE);
        AS(TIMESTAMP);
    }
    return 0;
}

int32_t write_columns(const byte *text, cells where, uint32_t rows, column *to,
                      uint32_t columns, uint32_t nothing) {
    for (uint32_t k = 0; k < columns; k++) {
        to[k].nulls = to[k].size = 0;
        to[k].valid = (uint32_t)bits_of(rows);
        int all = to[k].kind == TEXT ? texts(text, where, rows, k, &to[k], nothing)
                                     : typed(text, where, rows, k, &to[k], nothing);
        if (!all) return (int32_t)k;
    }
    return -1;
}
