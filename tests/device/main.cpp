// The tests that need a GPU. Where there is none they are skipped, never passed: exit status 77, which ctest
// knows.
#include <cstdio>
#include <exception>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "tern/core/devices/device_info.hpp"

namespace {

constexpr int kSkipped = 77;

}  // namespace

int main(int argc, char** argv) {
    std::string why;
    if (!tern::cuda_available(&why)) {
        std::printf("skipped: no CUDA device: %s\n", why.c_str());
        return kSkipped;
    }
    try {
        tern::check_device(tern::Device::cuda(), "tern-test-device");
    } catch (const std::exception& error) {
        std::printf("skipped: %s\n", error.what());
        return kSkipped;
    }
    std::fprintf(stderr, "on %s\n", tern::device_info(tern::Device::cuda()).name.c_str());
    return Catch::Session().run(argc, argv);
}
