// Our CUDA kernels, run on the host, against ref in float64: over the listed and random shapes, in several
// orders of their threads, which must all give the same bits; again on tensors that no pack may touch, and
// where a pass works in place, with outputs that are its inputs.
#include "tern/tests/kernels/conformance.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <string_view>
#include <vector>

#include "tern/core/cuda/last_block.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/kernels/for_each_operation.hpp"
#include "tern/tests/kernels/guarded.hpp"
#include "tern/tests/kernels_on_host/host_passes.hpp"

using namespace tern;

namespace {

// Under a sanitizer one access costs 5 to 20 times as much. Which addresses a thread touches hangs on no order
// but where threads race, which the other two programs find.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kOrders = 1;
constexpr std::uint64_t kRandomRounds = 3;
constexpr double kMostFlops = 1 << 22;
#elif defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kOrders = 3;
constexpr std::uint64_t kRandomRounds = 3;
constexpr double kMostFlops = 1 << 22;
#else
constexpr std::uint64_t kOrders = 5;
constexpr std::uint64_t kRandomRounds = 12;
constexpr double kMostFlops = 1 << 24;
#endif

// What a case of so many elements or operations has left to show is the step from block to block: two orders
// will do. Fibers compute 1 to 10 million operations a second, so products of more than kMostFlops are left
// to the device: their smaller cases go through the same tiles and splits.
constexpr std::int64_t kLarge = 1 << 14;
constexpr double kLargeFlops = 1 << 20;

bool is_large(const cases::PassCase& pass_case) {
    if (cases::flops_of(pass_case) >= kLargeFlops) return true;
    const auto large = [](const cases::TensorSpec& spec) { return spec.shape.numel() >= kLarge; };
    return std::ranges::any_of(pass_case.inputs, large) || std::ranges::any_of(pass_case.outputs, large);
}

using Bytes = std::vector<std::byte>;

std::vector<Bytes> contents(std::span<const Tensor> tensors) {
    std::vector<Bytes> result;
    for (const Tensor& tensor : tensors) {
        if (tensor.defined())
            result.emplace_back(tensor.raw_data(), tensor.raw_data() + tensor.bytes());
        else
            result.emplace_back();
    }
    return result;
}

void restore(std::span<const Tensor> tensors, const std::vector<Bytes>& bytes) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].defined()) std::copy(bytes[i].begin(), bytes[i].end(), tensors[i].raw_data());
    }
}

const test::HostPass* current = nullptr;
std::uint64_t orders = 0;

void run_in_all_orders(const Problem& problem, const Stream& stream) {
    const std::vector<Bytes> before = contents(problem.outputs);
    std::vector<Bytes> first;
    for (std::uint64_t seed = 0; seed < orders; ++seed) {
        const host_run::ScopedSeed order(seed);
        const cuda::LastBlockScope last_block(seed % 2 == (kOrders == 1 ? 0 : 1));  // equal bits by it, too
        restore(problem.outputs, before);
        current->run(problem, stream);
        if (first.empty()) first = contents(problem.outputs);
        TERN_CHECK(contents(problem.outputs) == first, "host_run", "the result differs in order ", seed);
    }
}

// As a training step calls it: the outputs, which start as copies of the inputs, are inputs too.
void run_in_place(const Problem& problem, const Stream& stream) {
    Tensors inputs(problem.inputs.begin(), problem.inputs.end());
    std::copy(problem.outputs.begin(), problem.outputs.end(), inputs.begin());
    run_in_all_orders({problem.pass, problem.params_ref, inputs, problem.outputs}, stream);
}

// On copies that start one element behind a boundary of 64 bytes, as slices of flat buffers may.
void run_misaligned(const Problem& problem, const Stream& stream) {
    std::deque<test::Guarded> buffers;
    const auto moved = [&](std::span<const Tensor> tensors) {
        Tensors result;
        for (const Tensor& tensor : tensors) {
            result.push_back(tensor.defined()
                                 ? buffers.emplace_back(tensor, false, size_of(tensor.dtype())).tensor()
                                 : Tensor());
        }
        return result;
    };
    const Tensors inputs = moved(problem.inputs), outputs = moved(problem.outputs);
    current->run({problem.pass, problem.params_ref, inputs, outputs}, stream);
    for (const test::Guarded& buffer : buffers)
        TERN_CHECK(buffer.intact(), "host_run", "wrote outside misaligned ", buffer.tensor());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (outputs[i].defined()) problem.outputs[i].copy_from(outputs[i]);
    }
}

bool accepts(const test::HostPass& pass, const cases::PassCase& pass_case, DType dtype) {
    // The host's function in the place of a CPU implementation: what it accepts is asked of it, not of a device.
    return test::accepts_case(pass_case, dtype, {"cpu", DeviceType::cpu, pass.run, pass.accepts});
}

int check_case(const test::HostPass& pass, const cases::PassCase& one, std::uint64_t seed) {
    const cases::PassCase pass_case = one.held_to(pass.implementation);
    int checked = 0;
    current = &pass;
    const bool large = is_large(pass_case);
    for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
        // Of bfloat16's size, in whose packs, tiles and blocks it is computed: what is its own are conversions.
        const bool as_bfloat16 = dtype == DType::float16 && accepts(pass, pass_case, DType::bfloat16);
        if (as_bfloat16 && large) continue;
        if (!accepts(pass, pass_case, dtype)) continue;
        orders = as_bfloat16 ? 1 : large ? std::min<std::uint64_t>(2, kOrders) : kOrders;
        INFO(pass_case.title() << ", " << pass.implementation << ", " << dtype << ", seed " << seed);
        CHECK(test::check_conformance(pass_case, dtype, run_in_all_orders, seed) == "");
        if (!large) {
            INFO("misaligned");
            CHECK(test::check_conformance(pass_case, dtype, run_misaligned, seed) == "");
        }
        if (pass_case.in_place) {
            INFO("in place");
            CHECK(test::check_conformance(pass_case, dtype, run_in_place, seed) == "");
        }
        ++checked;
    }
    return checked;
}

std::vector<test::HostPass> passes_of(const Op& op) {
    std::vector<test::HostPass> own;
    std::ranges::copy_if(test::host_passes(), std::back_inserter(own), [&](const test::HostPass& pass) {
        return pass.pass->op == std::string_view(op.name);
    });
    return own;
}

}  // namespace

TEST_CASE("CUDA kernels on the host agree with ref in float64 on the listed shapes") {
    test::for_each_operation([](const cases::NamedCases& named) {
        for (const test::HostPass& pass : passes_of(*named.op)) {
            int checked = 0;
            for (const cases::PassCase& pass_case : named.cases.passes) {
                if (pass_case.pass != pass.pass || pass_case.benchmark) continue;
                if (cases::flops_of(pass_case) > kMostFlops) continue;
                checked += check_case(pass, pass_case, 1);
            }
            INFO(pass.pass->op << '.' << pass.pass->name << ", " << pass.implementation);
            CHECK(checked > 0);
        }
    });
}

TEST_CASE("CUDA kernels on the host agree with ref in float64 on random shapes") {
    test::for_each_operation([](const cases::NamedCases& named) {
        for (const test::HostPass& pass : passes_of(*named.op)) {
            for (std::uint64_t seed = 1; seed <= kRandomRounds; ++seed) {
                for (const cases::PassCase& pass_case : named.cases.random(seed)) {
                    if (pass_case.pass == pass.pass) check_case(pass, pass_case, seed);
                }
            }
        }
    });
}

TEST_CASE("every pass with a CUDA implementation is run on the host") {
    for (const Op* op : all_ops()) {
        for (const Pass& pass : op->passes) {
            for (const Implementation& implementation : pass.implementations) {
                const std::string_view name = implementation.name;
                if (name != "cuda" && name != "cuda_mma") continue;
                INFO(op->name << '.' << pass.name << ", " << name);
                CHECK(std::ranges::any_of(test::host_passes(), [&](const test::HostPass& host) {
                    return host.pass == &pass && host.implementation == name;
                }));
            }
        }
    }
}
