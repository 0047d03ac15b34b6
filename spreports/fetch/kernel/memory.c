/* Memory that is given back all at once, when the next block begins. */
#include <wasm_simd128.h>

#include "kernel.h"

enum { PAGE = 1 << 16, ALIGNED = 64 };

/* All that the kernel asks for outside. A trap would be a signal (SIGILL), whose handler
   another may have taken from wasmtime since: `faulthandler.enable()` does. */
__attribute__((import_module("host"), import_name("no_room"))) _Noreturn void no_room(void);

extern byte __heap_base;
static uint32_t setup, next;
job the_job;

static void grow_to(uint32_t end) {
    uint32_t pages = __builtin_wasm_memory_size(0);
    if (end > pages * PAGE &&
        __builtin_wasm_memory_grow(0, (end - pages * PAGE + PAGE - 1) / PAGE) ==
            (uint32_t)-1)
        no_room();
}

void *take(uint32_t size) {
    uint32_t start = next;
    if (size > 0x7fffffffu - start) no_room();
    next = (start + size + ALIGNED - 1) & ~(ALIGNED - 1u);
    grow_to(next);
    return (void *)start;
}

WASM(job_address) uint32_t job_address(void) { return (uint32_t)&the_job; }

/* Room for what all blocks have in common: columns, and gaps of records. */
WASM(begin) uint32_t begin(uint32_t size) {
    next = ((uint32_t)&__heap_base + ALIGNED - 1) & ~(ALIGNED - 1u);
    uint32_t start = (uint32_t)take(size);
    setup = next;
    return start;
}

/* Room for texts of up to so many bytes, always at the same address. */
WASM(room) uint32_t room(uint32_t size) {
    next = setup;
    return (uint32_t)take(size + SLACK);
}

/* Drop all but the setup and the block's own text. */
void begin_block(void) {
    next = the_job.text;
    take(the_job.size + SLACK);
}

static int same_16(const byte *one, const byte *other) {
    return wasm_i8x16_all_true(
        wasm_i8x16_eq(wasm_v128_load(one), wasm_v128_load(other)));
}

static int same_8(const byte *one, const byte *other) {
    return *(const uint64_t *)one == *(const uint64_t *)other;
}

/* The last step goes back over bytes that are known to be the same. */
int same(const byte *one, const byte *other, uint32_t size) {
    if (size >= 16) {
        for (uint32_t at = 0; at + 16 < size; at += 16)
            if (!same_16(one + at, other + at)) return 0;
        return same_16(one + size - 16, other + size - 16);
    }
    if (size >= 8)
        return same_8(one, other) && same_8(one + size - 8, other + size - 8);
    for (; size; size--)
        if (*one++ != *other++) return 0;
    return 1;
}

uint32_t count_of(byte letter, const byte *text, uint32_t size) {
    uint32_t found = 0, at = 0;
    v128_t each = wasm_i8x16_splat((char)letter);
    for (; at + 16 <= size; at += 16)
        found += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(
            wasm_i8x16_eq(wasm_v128_load(text + at), each)));
    for (; at < size; at++) found += text[at] == letter;
    return found;
}

/* The compiler may ask for these two. */
void *memcpy(void *to, const void *from, unsigned long size) {
    byte *out = to;
    const byte *in = from;
    while (size--) *out++ = *in++;
    return to;
}

void *memset(void *to, int value, unsigned long size) {
    byte *out = to;
    while (size--) *out++ = (byte)value;
    return to;
}
