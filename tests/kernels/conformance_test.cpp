// Every implementation that runs on this machine against ref in float64, over the listed and random shapes.
#include "tern/tests/kernels/conformance.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "tern/tests/catch.hpp"
#include "tern/tests/kernels/for_each_operation.hpp"

using namespace tern;

namespace {

// As for kernels_on_host: under a sanitizer a round takes five times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kRandomRounds = 3;
#else
constexpr std::uint64_t kRandomRounds = 12;
#endif

// ref itself is tested too: in float32 and in the 16-bit types against ref in float64.
void check_all_types(const cases::PassCase& pass_case, std::uint64_t seed) {
    for (const Implementation& implementation : pass_case.pass->implementations) {
        for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16}) {
            if (!test::accepts_case(pass_case, dtype, implementation)) continue;
            INFO(pass_case.title() << ", " << implementation.name << ", " << dtype << ", seed " << seed);
            const cases::PassCase held = pass_case.held_to(implementation.name);
            CHECK(test::check_conformance(held, dtype, implementation.run, seed) == "");
        }
    }
}

}  // namespace

TEST_CASE("every implementation agrees with ref in float64 on the listed shapes") {
    test::for_each_operation([](const cases::NamedCases& named) {
        REQUIRE_FALSE(named.cases.passes.empty());
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) check_all_types(pass_case, 1);
        }
    });
}

TEST_CASE("every implementation agrees with ref in float64 on random shapes") {
    test::for_each_operation([](const cases::NamedCases& named) {
        REQUIRE(named.cases.random);
        for (std::uint64_t seed = 1; seed <= kRandomRounds; ++seed) {
            for (const cases::PassCase& pass_case : named.cases.random(seed)) {
                check_all_types(pass_case, seed);
            }
        }
    });
}

// The CPU implementations take float32; dispatch upcasts what has 16 bits, and rounds.
TEST_CASE("the CPU's versions agree with ref in float64 on 16-bit tensors, through dispatch") {
    const KernelPolicyScope policy(KernelPolicy::parse("cpu"));
    const auto run = [](const Problem& problem, const Stream&) { run_problem(problem); };
    test::for_each_operation([&](const cases::NamedCases& named) {
        std::vector<cases::PassCase> passes = named.cases.random(1);
        std::ranges::copy_if(named.cases.passes, std::back_inserter(passes),
                             [](const cases::PassCase& pass_case) { return !pass_case.benchmark; });
        for (const cases::PassCase& pass_case : passes) {
            for (const DType dtype : {DType::bfloat16, DType::float16}) {
                INFO(pass_case.title() << ", " << dtype);
                CHECK(test::check_conformance(pass_case, dtype, run, 1) == "");
            }
        }
    });
}

TEST_CASE("every pass of every operation has a case") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const Pass& pass : named.op->passes) {
            INFO(named.op->name << '.' << pass.name);
            CHECK(std::ranges::any_of(named.cases.passes, [&](const auto& c) { return c.pass == &pass; }));
        }
    }
}

// tern-bench's results are found by these names.
TEST_CASE("no two cases that are benchmarks have the same name") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        std::set<std::string> names;
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) continue;
            INFO(pass_case.title());
            CHECK(names.insert(pass_case.title()).second);
        }
    }
}
