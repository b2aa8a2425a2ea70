// Functions that device code may call too. Host compilers see nothing.
#pragma once

#if defined(__CUDACC__)
#define TERN_HOST_DEVICE __host__ __device__
#else
#define TERN_HOST_DEVICE
#endif
