// The functions in which the lanes of a warp meet. All rest on one: the lanes of the mask come together and
// each gets what the others brought.
#pragma once

#include <array>
#include <cstring>
#include <type_traits>

#include "tern/tests/host_run/runner/run_grid.hpp"

namespace tern::host_run {

/// What lane `lane` brought. A lane that was not there gives 0xff bytes: on the device the value is
/// undefined.
template <class T>
T value_of(const WarpValues& values, int lane) {
    T value;
    std::memcpy(&value, values[lane].data(), sizeof value);
    return value;
}

template <class T>
WarpValues exchange(unsigned mask, const T& value, Where where) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(LaneValue));
    LaneValue own{};
    std::memcpy(own.data(), &value, sizeof value);
    return warp_exchange(mask, own, where);
}

/// The lane itself where `source` lies outside the segment of `width` lanes that `lane` is in.
constexpr int source_in_segment(int lane, int source, int width) {
    const int first = lane / width * width;
    return source >= first && source < first + width ? source : lane;
}

}  // namespace tern::host_run

#define TERN_WHERE_PARAMETERS const char *file = __builtin_FILE(), int line = __builtin_LINE()

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, TERN_WHERE_PARAMETERS) {
    const auto values = tern::host_run::exchange(mask, value, {"__shfl_sync", file, line});
    const int first = tern::host_run::lane_index() / width * width;
    return tern::host_run::value_of<T>(values, first + (source & (width - 1)));
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, TERN_WHERE_PARAMETERS) {
    const auto values = tern::host_run::exchange(mask, value, {"__shfl_xor_sync", file, line});
    const int lane = tern::host_run::lane_index();
    // Unlike up and down, xor may read from an earlier segment; only a later one leaves the value as it is.
    const int source = lane ^ lane_mask;
    return tern::host_run::value_of<T>(values, source < lane / width * width + width ? source : lane);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, TERN_WHERE_PARAMETERS) {
    const auto values = tern::host_run::exchange(mask, value, {"__shfl_up_sync", file, line});
    const int lane = tern::host_run::lane_index();
    const int source = tern::host_run::source_in_segment(lane, lane - static_cast<int>(delta), width);
    return tern::host_run::value_of<T>(values, source);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, TERN_WHERE_PARAMETERS) {
    const auto values = tern::host_run::exchange(mask, value, {"__shfl_down_sync", file, line});
    const int lane = tern::host_run::lane_index();
    const int source = tern::host_run::source_in_segment(lane, lane + static_cast<int>(delta), width);
    return tern::host_run::value_of<T>(values, source);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, TERN_WHERE_PARAMETERS) {
    const int yes = predicate != 0;
    const auto values = tern::host_run::exchange(mask, yes, {"__ballot_sync", file, line});
    unsigned votes = 0;
    for (int lane = 0; lane < 32; ++lane) {
        if (tern::host_run::value_of<int>(values, lane) == 1) votes |= 1u << lane;
    }
    return votes;
}

inline int __any_sync(unsigned mask, int predicate, TERN_WHERE_PARAMETERS) {
    return __ballot_sync(mask, predicate, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, TERN_WHERE_PARAMETERS) {
    return __ballot_sync(mask, predicate == 0, file, line) == 0;
}

/// The only one of these that also orders the lanes' memory accesses.
inline void __syncwarp(unsigned mask = 0xffffffffu, TERN_WHERE_PARAMETERS) {
    tern::host_run::warp_barrier(mask, {"__syncwarp", file, line});
}

#undef TERN_WHERE_PARAMETERS
