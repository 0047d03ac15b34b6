/* Lists and objects of JSON in place of a scalar: where they end, and that they are
   sound. */
#include "buffers.h"
#include "kernel.h"
#include "scalars.h"

/* An object that has more is declined. */
enum { MOST_KEYS = 32 };

/* Return what is behind a string, or NULL; note escapes that are not written as Python
   writes them. */
static const byte *string_as_it_is(const byte *at, const byte *end, uint32_t *odd) {
    uint32_t escaped;
    const byte *last = string(at + 1, end, &escaped);
    for (const byte *here = at + 1; last && escaped && here < last; here++) {
        if (*here != '\\') continue;
        switch (*++here) {
        case '"': case '\\': case 'b': case 'f': case 'n': case 'r': case 't': break;
        default: *odd = ESCAPED;
        }
    }
    return last ? last + 1 : 0;
}

static const byte *item(const byte *at, const byte *end, uint32_t levels,
                        uint32_t *escaped) {
    if (at >= end) return 0;
    switch (*at) {
    case '"': return string_as_it_is(at, end, escaped);
    case '[':
    case '{': return list_or_object(at, end, levels, escaped);
    case 'n': return word(at, end, "null", 4);
    case 't': return word(at, end, "true", 4);
    case 'f': return word(at, end, "false", 5);
    default: return number(at, end);
    }
}

/* Return what is behind a key and its colon, or NULL where it came before. */
static const byte *new_key(const byte *at, const byte *end, piece *keys, uint32_t count) {
    if (at >= end || *at != '"' || count == MOST_KEYS) return 0;
    uint32_t escaped;
    const byte *last = string(at + 1, end, &escaped);
    if (!last || escaped) return 0;
    uint32_t size = (uint32_t)(last - at - 1);
    for (uint32_t k = 0; k < count; k++)
        if (keys[k].end - keys[k].at == (int32_t)size && same(at + 1, keys[k].at, size))
            return 0;
    keys[count] = (piece){at + 1, last};
    return behind(':', last + 1, end);
}

/* Return what is behind a list or an object, or NULL. */
const byte *list_or_object(const byte *at, const byte *end, uint32_t levels,
                           uint32_t *escaped) {
    if (!levels) return 0;
    int is_object = *at == '{';
    byte last = is_object ? '}' : ']';
    piece keys[MOST_KEYS];
    at = blanks(at + 1, end);
    if (at < end && *at == last) return at + 1;
    for (uint32_t count = 0; at; count++) {
        if (is_object && !(at = new_key(at, end, keys, count))) return 0;
        at = item(at, end, levels - 1, escaped);
        if (!at) return 0;
        at = blanks(at, end);
        if (at < end && *at == last) return at + 1;
        at = behind(',', at, end);
    }
    return 0;
}

/* Write a list or an object that is sound; its strings at a time. */
byte *without_blanks(piece from, byte *to) {
    while (from.at < from.end) {
        const byte *at = from.at++;
        if (*at == '"') {
            uint32_t escaped;
            from.at = string(at + 1, from.end, &escaped) + 1;
            copy(to, at, (uint32_t)(from.at - at));
            to += from.at - at;
        } else if (!is_blank(*at))
            *to++ = *at;
    }
    return to;
}
