/* The inside of a JSON string as it reads. Source: RFC 8259, section 7. */
#ifndef SPREPORTS_ESCAPES_H
#define SPREPORTS_ESCAPES_H

#include "kernel.h"

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

/* Write a text; NULL for an escape that is none. */
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

#endif
