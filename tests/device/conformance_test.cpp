// Every cuda and cudnn pass on the device against ref in float64, in all three types, over the listed and
// random shapes; the same bits when run again.
#include "tern/tests/kernels/conformance.hpp"

#include <algorithm>

#include "tern/tests/catch.hpp"
#include "tern/tests/device/on_device.hpp"

using namespace tern;
using cases::PassCase;

namespace {

constexpr int kRandomRounds = 12;

bool on_cuda(const Implementation& implementation) {
    return implementation.device == DeviceType::cuda && implementation.run != nullptr;
}

// In place every output must have its input, and all of them must be there.
bool can_run_in_place(const PassCase& pass_case) {
    const auto defined = [](const cases::TensorSpec& spec) { return spec.defined; };
    return pass_case.in_place && pass_case.outputs.size() <= pass_case.inputs.size() &&
           std::ranges::all_of(pass_case.inputs, defined) && std::ranges::all_of(pass_case.outputs, defined);
}

int check_case(const PassCase& one, const Implementation& implementation, std::uint64_t seed) {
    const PassCase pass_case = one.held_to(implementation.name);
    int checked = 0;
    test::set_device_run({&implementation, can_run_in_place(pass_case)});
    for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
        // In the place of a CPU implementation: accepts() asks for types and shapes, not where the tensors are.
        if (!test::accepts_case(pass_case, dtype,
                                {"cpu", DeviceType::cpu, implementation.run, implementation.accepts}))
            continue;
        INFO(pass_case.title() << ", " << implementation.name << ", " << dtype << ", seed " << seed);
        CHECK(test::check_conformance(pass_case, dtype, test::run_on_device, seed) == "");
        ++checked;
    }
    return checked;
}

void check_all(const PassCase& pass_case, std::uint64_t seed) {
    for (const Implementation& implementation : pass_case.pass->implementations) {
        if (on_cuda(implementation)) check_case(pass_case, implementation, seed);
    }
}

std::int64_t elements(const PassCase& pass_case) {
    std::int64_t count = 0;
    for (const auto* specs : {&pass_case.inputs, &pass_case.outputs})
        for (const cases::TensorSpec& spec : *specs) count += spec.defined ? spec.shape.numel() : 0;
    return count;
}

bool has_work(const PassCase& pass_case) {
    return std::ranges::all_of(pass_case.outputs, [](const cases::TensorSpec& spec) {
        return !spec.defined || spec.shape.numel() > 0;
    });
}

// The smallest case with work of at least `least` elements, or null.
const PassCase* smallest(const cases::OpCases& all, const Pass& pass, std::int64_t least) {
    const PassCase* best = nullptr;
    for (const PassCase& pass_case : all.passes) {
        if (pass_case.pass != &pass || pass_case.benchmark || !has_work(pass_case)) continue;
        if (elements(pass_case) < least) continue;
        if (best == nullptr || elements(pass_case) < elements(*best)) best = &pass_case;
    }
    return best;
}

}  // namespace

// A section per operation, so that each can be run alone (-c conv2d): after an error of the device nothing
// else works in the process.
TEST_CASE("every pass on the device agrees with ref in float64 on the listed shapes", "[operations]") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        SECTION(named.op->name) {
            for (const PassCase& pass_case : named.cases.passes) {
                if (!pass_case.benchmark) check_all(pass_case, 1);
            }
        }
    }
}

TEST_CASE("every pass on the device agrees with ref in float64 on random shapes", "[operations]") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        SECTION(named.op->name) {
            for (std::uint64_t seed = 1; seed <= kRandomRounds; ++seed) {
                for (const PassCase& pass_case : named.cases.random(seed)) check_all(pass_case, seed);
            }
        }
    }
}

TEST_CASE("every pass with a CUDA version has a case that it accepts") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const Pass& pass : named.op->passes) {
            for (const Implementation& implementation : pass.implementations) {
                if (implementation.name != "cuda" || implementation.run == nullptr) continue;
                INFO(named.op->name << '.' << pass.name);
                CHECK(std::ranges::any_of(named.cases.passes, [&](const PassCase& pass_case) {
                    return pass_case.pass == &pass &&
                           test::accepts_case(
                               pass_case, DType::float32,
                               {"cpu", DeviceType::cpu, implementation.run, implementation.accepts});
                }));
            }
        }
    }
}

// For compute-sanitizer, under which a kernel takes a hundred times as long: of each pass the smallest case,
// and the smallest of several blocks.
TEST_CASE("the smallest cases of our kernels", "[.smallest]") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const Pass& pass : named.op->passes) {
            for (const Implementation& implementation : pass.implementations) {
                if (implementation.name != "cuda" || implementation.run == nullptr) continue;
                for (const std::int64_t least : {1, 2000}) {
                    const PassCase* const pass_case = smallest(named.cases, pass, least);
                    if (pass_case != nullptr) check_case(*pass_case, implementation, 1);
                }
            }
        }
    }
}

TEST_CASE("every pass on the device at the sizes of the benchmarks", "[.slow]") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        SECTION(named.op->name) {
            // A section each, named as in tern-bench: their references take minutes, side by side less.
            for (const PassCase& pass_case : named.cases.passes) {
                if (!pass_case.benchmark) continue;
                SECTION(to_text(pass_case.pass->name, '/', pass_case.name)) { check_all(pass_case, 1); }
            }
        }
    }
}
