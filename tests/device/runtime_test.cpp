// Memory, streams and events of a device.
#include <chrono>
#include <numeric>
#include <thread>

#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/devices/stream_scope.hpp"
#include "tern/core/fill.hpp"
#include "tern/core/memory/memory.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/core/tensor.hpp"
#include "tern/data/batches.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

const Device kGpu = Device::cuda();

// 0, 1, 2, ... modulo 251, a prime, so that no two blocks of a copy are alike.
Tensor counted(std::int64_t count) {
    const Tensor tensor = Tensor::empty({count}, DType::uint8);
    for (std::int64_t i = 0; i < count; ++i)
        tensor.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i % 251);
    return tensor;
}

bool same_elements(const Tensor& a, const Tensor& b) {
    return std::equal(a.raw_data(), a.raw_data() + a.bytes(), b.raw_data(), b.raw_data() + b.bytes());
}

}  // namespace

TEST_CASE("bytes go to the device and back unchanged, in one piece and in many") {
    for (const std::int64_t count : {1, 3000, 4 << 20, (4 << 20) + 1, (13 << 20) + 7}) {
        const Tensor host = counted(count), there = host.to(kGpu);
        CHECK(same_elements(there.to(Device::cpu()), host));
        CHECK(same_elements(there.clone().to(Device::cpu()), host));
    }
}

TEST_CASE("the source of an upload may change at once") {
    const Tensor host = counted(20 << 20), before = host.clone();
    const Tensor there = host.to(kGpu);
    fill(host, 0);
    CHECK(same_elements(there.to(Device::cpu()), before));
}

TEST_CASE("fill and full on the device") {
    CHECK(Tensor::full({}, 2.5, DType::float64, kGpu).item() == 2.5);
    CHECK(Tensor::full({}, -7, DType::int64, kGpu).item() == -7);
    const Tensor tensor = Tensor::zeros({1000}, DType::bfloat16, kGpu);
    fill(tensor.slice(1, 999), 1.5);
    const Tensor host = tensor.to(Device::cpu());
    for (std::int64_t i = 0; i < 1000; ++i)
        REQUIRE(static_cast<float>(host.data<bfloat16>()[i]) == (i > 0 && i < 999 ? 1.5f : 0.0f));
}

TEST_CASE("the pool keeps what was freed, and gives it out again") {
    { const Tensor tensor = Tensor::zeros({64 << 20}, DType::uint8, kGpu); }
    current_stream(kGpu).synchronize();
    const PoolStatistics before = pool_statistics(kGpu);
    CHECK(before.reserved_bytes >= 64 << 20);
    CHECK(before.peak_used_bytes >= 64 << 20);
    for (int i = 0; i < 10; ++i) Tensor::zeros({64 << 20}, DType::uint8, kGpu);
    CHECK(pool_statistics(kGpu).reserved_bytes == before.reserved_bytes);
}

// Asking for it takes what there is for a moment, from other programs too.
TEST_CASE("more memory than there is gives one line, and memory can be had afterwards", "[whole_device]") {
    const DeviceInfo info = device_info(kGpu);
    CHECK_THROWS_WITH(Tensor::empty({2 * info.total_bytes}, DType::uint8, kGpu),
                      Catch::StartsWith("[memory] out of memory on cuda:0: asked for ") &&
                          Catch::Contains(" are free; a smaller batch needs less"));
    CHECK(Tensor::full({}, 1, DType::float32, kGpu).item() == 1);
}

TEST_CASE("streams: one waits for what another recorded") {
    const OwnedStream first(kGpu), second(kGpu);
    CHECK(first.get().native != second.get().native);
    Tensor tensor;
    Event filled(kGpu);
    {
        const StreamScope scope(first.get());
        tensor = Tensor::zeros({64 << 20}, DType::uint8, kGpu);
        for (int i = 1; i <= 20; ++i) fill(tensor, i);
        filled.record(first.get());
    }
    filled.hold(second.get());
    const StreamScope scope(second.get());
    const Tensor copy = tensor.clone();
    const Tensor host = copy.to(Device::cpu());
    CHECK(host.data<std::uint8_t>()[0] == 20);
    CHECK(host.data<std::uint8_t>()[(64 << 20) - 1] == 20);
}

TEST_CASE("events tell time, in order") {
    const Stream stream = current_stream(kGpu);
    Event start(kGpu), middle(kGpu), end(kGpu);
    const Tensor tensor = Tensor::zeros({256 << 20}, DType::uint8, kGpu);
    start.record(stream);
    fill(tensor, 1);
    middle.record(stream);
    fill(tensor, 2);
    CHECK(end.done());  // nothing is recorded
    end.record(stream);
    CHECK_FALSE(end.done());
    CHECK(middle.seconds_since(start) > 0);
    CHECK(end.seconds_since(start) >= middle.seconds_since(start));
    CHECK(end.done());
}

TEST_CASE("several threads use a device at once") {
    std::vector<int> wrong(4);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t, &wrong] {
            for (int i = 0; i < 50; ++i) {
                const Tensor host = counted(100000 + t), back = host.to(kGpu).clone().to(Device::cpu());
                wrong[static_cast<std::size_t>(t)] += same_elements(host, back) ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("a step arena on the device allocates nothing from the third step on") {
    StepArena arena(kGpu);
    std::int64_t allocations = 0;
    for (int step = 0; step < 4; ++step) {
        const StepArena::Scope scope(arena);
        const std::int64_t before = memory_statistics(kGpu).allocations;
        Tensor previous;
        for (int i = 0; i < 5; ++i) {
            const Tensor next = Tensor::full({1000}, step * 10 + i, DType::float32, kGpu);
            if (previous.defined()) CHECK(previous.slice(999, 1000).item() == step * 10 + i - 1);
            previous = next;
        }
        allocations = memory_statistics(kGpu).allocations - before;
    }
    CHECK(allocations == 0);
    const OwnedStream other(kGpu);
    const StreamScope scope(other.get());
    CHECK_THROWS_WITH(StepArena::Scope(arena),
                      Catch::StartsWith("[step arena] recorded on one stream of cuda:0"));
}

TEST_CASE("the order of an epoch is the CPU's") {
    for (const std::int64_t count : {0, 1, 1000, 50000, 1000003}) {
        const Tensor there = epoch_order(count, true, 5, 2, kGpu);
        CHECK(same_elements(there.to(Device::cpu()), epoch_order(count, true, 5, 2)));
        CHECK(same_elements(epoch_order(count, false, 5, 2, kGpu).to(Device::cpu()),
                            epoch_order(count, false, 5, 2)));
    }
}
