/* The instructions that the kernel asks WebAssembly for, as x86-64 has them. */
#ifndef NATIVE_SIMD128_H
#define NATIVE_SIMD128_H
#include <immintrin.h>

typedef __m128i v128_t;

#define wasm_v128_load(at) _mm_loadu_si128((const __m128i *)(at))
#define wasm_v128_store(at, v) _mm_storeu_si128((__m128i *)(at), v)
#define wasm_v128_and _mm_and_si128
#define wasm_v128_or _mm_or_si128
#define wasm_v128_xor _mm_xor_si128
#define wasm_i8x16_eq _mm_cmpeq_epi8
#define wasm_i8x16_splat(v) _mm_set1_epi8((char)(v))
#define wasm_i16x8_splat(v) _mm_set1_epi16((short)(v))
#define wasm_i8x16_make(...) _mm_setr_epi8(__VA_ARGS__)
#define wasm_u8x16_make(...) ((v128_t)(__v16qu){__VA_ARGS__})
#define wasm_i8x16_bitmask(v) ((uint32_t)_mm_movemask_epi8(v))
#define wasm_i8x16_all_true(v) \
    (_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) == 0)
#define wasm_u8x16_gt(a, b) ((v128_t)((__v16qu)(a) > (__v16qu)(b)))
#define wasm_u8x16_lt(a, b) ((v128_t)((__v16qu)(a) < (__v16qu)(b)))
#define wasm_u8x16_le(a, b) ((v128_t)((__v16qu)(a) <= (__v16qu)(b)))
#define wasm_i16x8_add _mm_add_epi16
#define wasm_i16x8_mul _mm_mullo_epi16
#define wasm_u16x8_shr(v, n) _mm_srli_epi16(v, n)
#define wasm_i16x8_extract_lane(v, n) ((int16_t)_mm_extract_epi16(v, n))
#define wasm_i8x16_shuffle(a, b, ...) \
    ((v128_t)__builtin_shufflevector((__v16qi)(a), (__v16qi)(b), __VA_ARGS__))

#endif
