// Which instruction sets Highway compiles: the baseline (SSE2 on x86-64), AVX2 and AVX-512, chosen when the
// program runs; NEON on Arm. Include it before hwy/foreach_target.h.
#pragma once

// Every set costs a compilation of every SIMD file. SSSE3 and SSE4 add nothing that multiply-adds use, and
// AVX3_DL's additions are for integers.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
