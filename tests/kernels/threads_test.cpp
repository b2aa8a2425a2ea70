// The same bits for any number of threads, any size of the caches, and on repeat, from every implementation.
#include <cstring>
#include <initializer_list>
#include <span>

#include "tern/core/cache_size.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/kernels/for_each_operation.hpp"
#include "tern/tests/threads_scope.hpp"

using namespace tern;

namespace {

using Bytes = std::vector<std::byte>;

Tensors make_outputs(const cases::PassCase& pass_case, const Tensors& inputs) {
    Tensors outputs;
    for (std::size_t i = 0; i < pass_case.outputs.size(); ++i) {
        const cases::TensorSpec& spec = pass_case.outputs[i];
        if (pass_case.in_place && spec.defined)
            outputs.push_back(inputs[i].clone());
        else
            outputs.push_back(make_tensor(spec, DType::float32, 99));
    }
    return outputs;
}

// `before`: what the outputs hold when it starts.
Bytes run(const cases::PassCase& pass_case, const Implementation& implementation, const Tensors& inputs,
          const Tensors& before, int threads) {
    const test::ThreadsScope scope(threads);
    Tensors outputs;
    for (const Tensor& tensor : before) outputs.push_back(tensor.defined() ? tensor.clone() : Tensor());
    implementation.run({*pass_case.pass, pass_case.params.ref(), inputs, outputs},
                       current_stream(Device::cpu()));
    Bytes bytes;
    for (const Tensor& output : outputs) {
        if (output.defined())
            bytes.insert(bytes.end(), output.raw_data(), output.raw_data() + output.bytes());
    }
    return bytes;
}

struct CacheScope {
    explicit CacheScope(std::int64_t bytes) { set_l2_cache(bytes); }
    ~CacheScope() { set_l2_cache(0); }
};

// `caches`: sizes of the second level beside that of this machine.
void check(const cases::PassCase& pass_case, const Implementation& implementation,
           std::span<const int> all_threads, std::span<const std::int64_t> caches) {
    if (implementation.name == "ref" || implementation.run == nullptr) return;  // ref is serial
    if (implementation.device != DeviceType::cpu) return;
    INFO(pass_case.title() << ", " << implementation.name);
    Tensors inputs;
    for (const auto& spec : pass_case.inputs)
        inputs.push_back(make_tensor(spec, DType::float32, 1 + inputs.size()));
    const Tensors outputs = make_outputs(pass_case, inputs);
    const Problem problem{*pass_case.pass, pass_case.params.ref(), inputs, outputs};
    if (implementation.accepts != nullptr && !implementation.accepts(problem, nullptr)) return;
    const Bytes once = run(pass_case, implementation, inputs, outputs, 1);
    for (const int threads : all_threads) {
        INFO(threads << " threads");
        CHECK(run(pass_case, implementation, inputs, outputs, threads) == once);
    }
    for (const std::int64_t bytes : caches) {
        INFO(bytes << " bytes of L2");
        const CacheScope scope(bytes);
        CHECK(run(pass_case, implementation, inputs, outputs, 2) == once);
    }
}

void check_all(bool benchmarks, std::initializer_list<int> all_threads,
               std::initializer_list<std::int64_t> caches) {
    test::for_each_operation([&](const cases::NamedCases& named) {
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (pass_case.benchmark != benchmarks) continue;
            for (const Implementation& implementation : pass_case.pass->implementations)
                check(pass_case, implementation, all_threads, caches);
        }
    });
}

}  // namespace

// 9 are more than most cases have images, which are then split.
TEST_CASE("every pass gives equal bits for 1, 2, 4 and 9 threads") { check_all(false, {1, 2, 4, 9}, {}); }

// One thread alone takes 40 s: two runs of each, where small shapes have four.
TEST_CASE("every pass gives equal bits for 1 and 4 threads at full size", "[.slow]") {
    check_all(true, {4}, {});
}

TEST_CASE("every pass gives equal bits for any size of the second cache") {
    check_all(false, {}, {1, 256 << 10, 1280 << 10, 64 << 20});
}
