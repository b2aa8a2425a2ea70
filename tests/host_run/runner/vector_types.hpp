// CUDA's vector types, with CUDA's sizes and alignments.
#pragma once

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned nx = 1, unsigned ny = 1, unsigned nz = 1) : x(nx), y(ny), z(nz) {}
    constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

#define TERN_VECTOR_2(T, name)           \
    struct alignas(2 * sizeof(T)) name { \
        T x, y;                          \
    };                                   \
    inline name make_##name(T x, T y) { return {x, y}; }

#define TERN_VECTOR_4(T, name)           \
    struct alignas(4 * sizeof(T)) name { \
        T x, y, z, w;                    \
    };                                   \
    inline name make_##name(T x, T y, T z, T w) { return {x, y, z, w}; }

TERN_VECTOR_2(float, float2)
TERN_VECTOR_4(float, float4)
TERN_VECTOR_2(int, int2)
TERN_VECTOR_4(int, int4)
TERN_VECTOR_2(unsigned, uint2)
TERN_VECTOR_4(unsigned, uint4)
TERN_VECTOR_2(double, double2)

#undef TERN_VECTOR_2
#undef TERN_VECTOR_4
