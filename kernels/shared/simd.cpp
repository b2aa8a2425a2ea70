#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/shared/simd.cpp"
#include "tern/kernels/shared/simd.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tern::simd::HWY_NAMESPACE {

const char* name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace tern::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern {
namespace simd {
namespace {
HWY_EXPORT(name);
}
}  // namespace simd

std::string simd_target() {
    using namespace simd;
    return HWY_DYNAMIC_DISPATCH(name)();
}

std::string simd_targets() {
    std::string names;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        if (!names.empty()) names += ", ";
        names += hwy::TargetName(target);
    }
    return names;
}

}  // namespace tern
#endif
