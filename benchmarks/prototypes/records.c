/* Records of one layout, read to Arrow's buffers: what a native part would bring.

   text  = lead value gap[0] value gap[1] ... value tail, the gaps over and over.
   kinds: 's' string (its quotes stand in the gaps), 'i' whole number, 'f' float.
   Returns the rows, or -1 where anything is not as the layout says: it then says
   nothing about the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *text;
    int64_t size;
} Piece;

typedef struct {
    int32_t *ends;   /* strings: rows + 1 */
    char *data;      /* strings: their bytes */
    void *numbers;   /* int64_t or double */
} Column;

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Escapes of one character; what needs more is left to the careful way. */
static int unescaped(char mark) {
    switch (mark) {
    case '"': case '\\': case '/': return mark;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return -1;
    }
}

static const char *string(const char *at, const char *end, char **to) {
    char *out = *to;
    for (; at < end && *at != '"'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20) return NULL;
        if (byte == '\\') {
            int plain = at + 1 < end ? unescaped(*++at) : -1;
            if (plain < 0) return NULL;
            byte = (unsigned char)plain;
        }
        *out++ = (char)byte;
    }
    *to = out;
    return at;
}

/* JSON's grammar: no leading zero; up to 15 digits, so that a division is exact. */
static const char *number(const char *at, const char *end, int whole, void *to) {
    int negative = at < end && *at == '-', digits = 0, places = 0;
    const char *first = at += negative;
    int64_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++, digits++)
        value = value * 10 + (*at - '0');
    if (!digits || digits > 15 || (*first == '0' && digits > 1)) return NULL;
    if (whole) {
        *(int64_t *)to = negative ? -value : value;
        return at;
    }
    if (at < end && *at == '.') {
        for (at++; at < end && *at >= '0' && *at <= '9'; at++, places++)
            value = places + digits < 15 ? value * 10 + (*at - '0') : value;
        if (!places || places + digits > 15) return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) return NULL;
    double exact = (double)value / TENS[places];
    *(double *)to = negative ? -exact : exact;
    return at;
}

int64_t records(const char *text, int64_t size, int columns, const char *kinds,
                const Piece *gaps, Piece lead, Piece tail, Column *to,
                int64_t rows_at_most) {
    const char *at = text + lead.size, *end = text + size - tail.size;
    if (size < lead.size + tail.size || memcmp(text, lead.text, lead.size) ||
        memcmp(end, tail.text, tail.size))
        return -1;
    char *data[64];
    if (columns > 64) return -1;
    for (int k = 0; k < columns; k++) data[k] = to[k].data;
    for (int64_t row = 0; row < rows_at_most; row++) {
        for (int k = 0; k < columns; k++) {
            if (kinds[k] == 's') {
                to[k].ends[row] = (int32_t)(data[k] - to[k].data);
                at = string(at, end, &data[k]);
            } else
                at = number(at, end, kinds[k] == 'i', (int64_t *)to[k].numbers + row);
            if (!at) return -1;
            if (at == end && k == columns - 1) {
                for (int each = 0; each < columns; each++)
                    if (kinds[each] == 's')
                        to[each].ends[row + 1] = (int32_t)(data[each] - to[each].data);
                return row + 1;
            }
            if (end - at < gaps[k].size || memcmp(at, gaps[k].text, gaps[k].size))
                return -1;
            at += gaps[k].size;
        }
    }
    return -1;
}
