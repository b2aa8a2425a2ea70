#include <optional>

#include "tern/core/memory/memory.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/core/tensor.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// A step that makes `count` tensors one after the other, two alive at a time.
std::vector<const void*> step(int count, std::int64_t size) {
    std::vector<const void*> places;
    Tensor previous;
    for (int i = 0; i < count; ++i) {
        Tensor next = Tensor::zeros({size});
        places.push_back(next.raw_data());
        previous = next;
    }
    return places;
}

}  // namespace

TEST_CASE("later steps repeat the places of the second and allocate nothing") {
    StepArena arena(Device::cpu());
    for (int i = 0; i < 2; ++i) {
        const StepArena::Scope scope(arena);
        step(5, 100);
    }
    const std::int64_t before = memory_statistics(Device::cpu()).allocations;
    std::vector<const void*> places[2];
    for (auto& place : places) {
        const StepArena::Scope scope(arena);
        place = step(5, 100);
    }
    CHECK(places[0] == places[1]);
    CHECK(memory_statistics(Device::cpu()).allocations == before);
    CHECK(arena.slab_bytes() == 2 * aligned_size(400));  // two alive at a time
}

TEST_CASE("tensors that outlive their step keep their memory") {
    StepArena arena(Device::cpu());
    Tensors kept;
    for (int i = 0; i < 3; ++i) {
        const StepArena::Scope scope(arena);
        step(3, 10);
        kept.push_back(Tensor::full({10}, i));
    }
    for (int i = 0; i < 3; ++i)
        CHECK(kept[static_cast<std::size_t>(i)].data<float>()[9] == static_cast<float>(i));
}

TEST_CASE("tensors made outside are not the step's") {
    StepArena arena(Device::cpu());
    for (int step = 0; step < 3; ++step) {
        const StepArena::Scope scope(arena);
        std::optional<Tensor> other;
        {
            const StepArena::Outside outside;
            CHECK(StepArena::active(Device::cpu()) == nullptr);
            other = Tensor::zeros({4});
        }
        CHECK(StepArena::active(Device::cpu()) == &arena);
        if (step == 1) other.reset();  // another order in each step
        const Tensor own = Tensor::zeros({4});
    }
}

TEST_CASE("a step that differs from the recorded one is an error") {
    StepArena arena(Device::cpu());
    {
        const StepArena::Scope scope(arena);
        step(3, 100);
    }
    {
        const StepArena::Scope scope(arena);
        CHECK_THROWS_WITH(step(3, 101),
                          Catch::StartsWith("[step arena] allocation 0 of this step is 404 bytes"));
    }
    StepArena other(Device::cpu());
    {
        const StepArena::Scope scope(other);
        step(1, 100);
    }
    Tensor kept;
    {
        const StepArena::Scope scope(other);
        kept = Tensor::zeros({100});  // freed in the recorded step, kept in this one
    }
    CHECK_THROWS_WITH(StepArena::Scope(other),
                      Catch::StartsWith("[step arena] the step before freed its tensors"));
}

TEST_CASE("a step that fails while recording leaves no record") {
    StepArena arena(Device::cpu());
    try {
        const StepArena::Scope scope(arena);
        step(2, 10);
        fail("test", "stop");
    } catch (const Error&) {
    }
    for (int i = 0; i < 2; ++i) {
        const StepArena::Scope scope(arena);
        step(4, 20);
    }
    CHECK(arena.slab_bytes() == 2 * aligned_size(80));
}
