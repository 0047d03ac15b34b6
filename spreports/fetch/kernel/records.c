/* Where the values of JSON records are that are all written alike: nothing but the
   same gaps, with one JSON scalar between every two of them. */
#include <wasm_simd128.h>

#include "kernel.h"

/* Return where a string's inside ends, or NULL where it is none. */
static const byte *string(const byte *at, const byte *end, uint32_t *escaped) {
    v128_t quote = wasm_i8x16_splat('"'), slash = wasm_i8x16_splat('\\');
    v128_t least = wasm_i8x16_splat(0x20);
    *escaped = 0;
    while (at < end) {
        v128_t here = wasm_v128_load(at);
        uint32_t found = wasm_i8x16_bitmask(
            wasm_v128_or(wasm_v128_or(wasm_i8x16_eq(here, quote),
                                      wasm_i8x16_eq(here, slash)),
                         wasm_u8x16_lt(here, least)));
        if (!found) {
            at += 16;
            continue;
        }
        at += __builtin_ctz(found);
        if (at >= end || *at < 0x20) return 0;
        if (*at == '"') return at;
        *escaped = ESCAPED;
        at += 2;
    }
    return 0;
}

static const byte *digits(const byte *at, const byte *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

/* Return where a number ends, or NULL. Source: RFC 8259, section 6. */
static const byte *number(const byte *at, const byte *end) {
    at += at < end && *at == '-';
    const byte *first = at;
    at = digits(at, end);
    if (at == first || (*first == '0' && at > first + 1)) return 0;
    if (at < end && *at == '.') {
        first = ++at;
        at = digits(at, end);
        if (at == first) return 0;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        first = at;
        at = digits(at, end);
        if (at == first) return 0;
    }
    return at;
}

static const byte *word(const byte *at, const byte *end, const char *letters,
                        uint32_t size) {
    return (uint32_t)(end - at) >= size && same(at, (const byte *)letters, size)
               ? at + size
               : 0;
}

/* Find one value; return what follows it, or NULL where it is no scalar. */
static const byte *value(const byte *text, const byte *at, const byte *end,
                         uint32_t *first, uint32_t *last) {
    if (at >= end) return 0;
    uint32_t escaped;
    const byte *after;
    *first = (uint32_t)(at - text);
    switch (*at) {
    case '"':
        after = string(at + 1, end, &escaped);
        if (!after) return 0;
        ++*first;
        *last = (uint32_t)(after - text) | escaped;
        return after + 1;
    case 'n':
        after = word(at, end, "null", 4);
        *first = NO_CELL;
        break;
    case 't': after = word(at, end, "true", 4); break;
    case 'f': after = word(at, end, "false", 5); break;
    default: after = number(at, end);
    }
    *last = (uint32_t)(after - text);
    return after;
}

static int begins_with(const byte *at, const byte *end, const gap *with) {
    uint32_t size = with->size & ~MAY_LACK;
    return (uint32_t)(end - at) >= size && same(at, (const byte *)with->text, size);
}

enum { NO_GAP = 0xffffffffu };

/* Return which gap stands here, the `k`th or one behind some that a record may lack. The
   last one leads into the next record, and is not there at the end of the text. */
static uint32_t gap_at(const byte *at, const byte *end, const gap *gaps, uint32_t k,
                       uint32_t columns) {
    for (;; k++) {
        if (begins_with(at, end, &gaps[k]) || (k == columns && at == end)) return k;
        if (!(gaps[k].size & MAY_LACK)) return NO_GAP;
    }
}

/* Read a block of records. `gaps` are what stands before each value, and behind the
   last one of each record but the last of the block: the text ends with the last
   value. Returns as `rows` does; a text that does not fit has an escape that is none. */
WASM(records) int32_t records(void) {
    begin_block();
    const byte *text = (const byte *)the_job.text, *at = text;
    uint32_t size = the_job.size, columns = the_job.count, least = the_job.least;
    const byte *end = text + size;
    const gap *gaps = (const gap *)the_job.gaps;
    column *to = (column *)the_job.columns;
    if (!columns || !least || !begins_with(at, end, gaps)) return DECLINED;
    at += gaps[0].size;
    uint64_t most = size / least + 1, room = most * columns * 8;
    if (room > 0x40000000u) return DECLINED;
    uint32_t *places = take((uint32_t)room), step = 2 * (uint32_t)most;
    for (uint32_t found = 0; found < most; found++) {
        uint32_t *place = places + found;
        for (uint32_t k = 0; k < columns;) {
            at = value(text, at, end, place, place + most);
            if (!at) return DECLINED;
            uint32_t next = gap_at(at, end, gaps, k + 1, columns);
            if (next == NO_GAP) return DECLINED;
            for (k++, place += step; k < next; k++, place += step) *place = NO_CELL;
            if (at == end) {
                cells where = {places, step, (uint32_t)most, 0, BARE};
                int32_t misfit =
                    write_columns(text, where, found + 1, to, columns, KEPT);
                if (misfit < 0) return (int32_t)found + 1;
                return to[misfit].kind == TEXT ? DECLINED : -2 - misfit;
            }
            at += gaps[next].size & ~MAY_LACK;
        }
    }
    return MORE_RECORDS;
}
