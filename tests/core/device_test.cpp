// What is said where CUDA cannot be used, and streams, events and pinned memory as far as they need no GPU.
#include "tern/core/cuda/diagnosis.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/devices/stream_scope.hpp"
#include "tern/core/fill.hpp"
#include "tern/core/memory/memory.hpp"
#include "tern/core/memory/pinned.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/core/tensor.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using namespace tern::cuda;

TEST_CASE("no device: what is missing is said") {
    DeviceSearch search;
    search.runtime_version = 13000;
    search.error =
        "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version";
    search.driver_too_old = true;
    CHECK(why_no_device(search) ==
          "no NVIDIA driver is installed (libcuda.so.1 cannot be opened); this build is made with CUDA 13.0");
    search.driver_version = 12080;
    CHECK(
        why_no_device(search) ==
        "the NVIDIA driver serves CUDA up to 12.8, this build needs 13.0: a newer driver, or a build with an "
        "older toolkit");
    search.driver_too_old = false;
    search.error = "cudaErrorNoDevice: no CUDA-capable device is detected";
    CHECK(why_no_device(search) == search.error);
    search.visible = "-1";
    CHECK(why_no_device(search) == search.error + " (CUDA_VISIBLE_DEVICES is \"-1\")");
    search.error = "";
    CHECK(why_no_device(search) == "the driver shows no device (CUDA_VISIBLE_DEVICES is \"-1\")");
    search.devices = 1;
    CHECK(why_no_device(search).empty());
}

TEST_CASE("a device index out of range") {
    CHECK(index_problem(0, 1).empty());
    CHECK(index_problem(7, 8).empty());
    CHECK(index_problem(1, 1) == "cuda:1 does not exist; this machine has 1 CUDA device, counted from 0");
    CHECK(index_problem(-1, 2) == "cuda:-1 does not exist; this machine has 2 CUDA devices, counted from 0");
}

TEST_CASE("code runs on later devices of its generation, and intermediate code on any later one") {
    const std::string_view usual = "80-real,90a-real,90-virtual";
    CHECK(has_code_for(usual, 8, 0));
    CHECK(has_code_for(usual, 8, 9));
    CHECK(has_code_for(usual, 9, 0));
    CHECK(has_code_for(usual, 10, 0));
    CHECK(has_code_for(usual, 12, 1));
    CHECK_FALSE(has_code_for(usual, 7, 5));
    CHECK_FALSE(has_code_for("86-real", 8, 0));
    CHECK(has_code_for("86", 8, 9));
    CHECK(has_code_for("86", 9, 0));
    CHECK_FALSE(has_code_for("90a-real", 10, 0));
    CHECK_FALSE(has_code_for("90a", 10, 0));
    CHECK(has_code_for("100f-real", 10, 3));
    CHECK_FALSE(has_code_for("100f", 12, 0));
    CHECK(has_code_for("native", 7, 5));
    CHECK(architecture_problem(usual, "NVIDIA H100", 9, 0).empty());
    CHECK(architecture_problem("90a-real", "Tesla T4", 7, 5) ==
          "this build has code for 90a-real, the device (Tesla T4) is 75: configure with "
          "-DCMAKE_CUDA_ARCHITECTURES=75");
}

TEST_CASE("out of memory says what was asked for, used and free, and what to lower") {
    constexpr std::int64_t kMiB = 1 << 20;
    CHECK(
        out_of_memory_text(Device::cuda(), 3 * kMiB / 2, 70000 * kMiB, 1000, 80000 * kMiB) ==
        "out of memory on cuda:0: asked for 1.5 MiB, tensors use 70000.0 MiB, 1000 bytes of 80000.0 MiB are "
        "free; a smaller batch needs less");
    CHECK(out_of_memory_text(Device::cpu(), 100, 0, -1, -1) ==
          "out of memory on cpu: asked for 100 bytes, tensors use 0 bytes; a smaller batch needs less");
}

TEST_CASE("a device that does not exist is refused in one line") {
    CHECK_NOTHROW(check_device(Device::cpu(), "--device"));
    std::string why;
    if (cuda_available(&why)) {
        CHECK_THROWS_WITH(check_device(Device::cuda(cuda_device_count()), "--device"),
                          Catch::StartsWith("[--device] cuda:") && Catch::Contains("is not there"));
        return;
    }
    CHECK_THROWS_WITH(check_device(Device::cuda(), "--device"), "[--device] cuda:0 cannot be used: " + why);
    CHECK_THROWS_AS(Tensor::empty({1}, DType::float32, Device::cuda()), Error);
    CHECK_THROWS_AS(OwnedStream(Device::cuda()), Error);
    CHECK_THROWS_AS(Event(Device::cuda()), Error);
    CHECK_THROWS_AS(PinnedBuffer(16, Device::cuda()), Error);
}

TEST_CASE("the innermost scope of a device gives its stream") {
    const Device gpu = Device::cuda(0), other = Device::cuda(1);
    int a = 0, b = 0;
    const Stream usual = current_stream(gpu);
    {
        const StreamScope outer({gpu, &a});
        CHECK(current_stream(gpu).native == &a);
        CHECK(current_stream(other).native == usual.native);
        CHECK(current_stream(Device::cpu()).native == nullptr);
        {
            const StreamScope inner({other, &b});
            CHECK(current_stream(gpu).native == &a);
            CHECK(current_stream(other).native == &b);
            const StreamScope innermost({gpu, &b});
            CHECK(current_stream(gpu).native == &b);
        }
        CHECK(current_stream(gpu).native == &a);
    }
    CHECK(current_stream(gpu).native == usual.native);
}

TEST_CASE("events, streams and pinned memory of the CPU") {
    const OwnedStream stream{Device::cpu()};
    CHECK(stream.get().native == nullptr);
    Event start{Device::cpu()}, end{Device::cpu()};
    start.record(stream.get());
    end.record(stream.get());
    end.hold(stream.get());
    end.synchronize();
    CHECK(end.done());
    CHECK(end.seconds_since(start) >= 0);
    const PinnedBuffer buffer(100, Device::cpu());
    std::fill_n(buffer.data(), buffer.bytes(), std::byte{1});
    CHECK(buffer.data()[99] == std::byte{1});
    const Range range("named work");
}

TEST_CASE("fill writes every element, rounded to the type") {
    const Tensor tensor = Tensor::zeros({3}, DType::int32);
    fill(tensor, 7);
    CHECK(tensor.data<std::int32_t>()[2] == 7);
    CHECK(Tensor::full({2}, 1.5, DType::bfloat16).slice(1, 2).item() == 1.5);
}
