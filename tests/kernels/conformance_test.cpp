// Every implementation that runs on this machine against ref in float64, over the listed and random shapes.
#include "tern/tests/kernels/conformance.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr int kRandomRounds = 12;

// ref itself is tested too: in float32 and in the 16-bit types against ref in float64.
void check_all_types(const Op& op, const cases::PassCase& pass_case, std::uint64_t seed) {
    for (const Implementation& implementation : op.pass(pass_case.pass).implementations) {
        for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16}) {
            if (!test::accepts_case(op, pass_case, dtype, implementation)) continue;
            INFO(op.name << '.' << pass_case.pass << ", case \"" << pass_case.name << "\", "
                         << name_of(implementation.backend) << ", " << dtype << ", seed " << seed);
            const cases::PassCase held = pass_case.held_to(implementation.backend);
            CHECK(test::check_conformance(op, held, dtype, implementation.run, seed) == "");
        }
    }
}

}  // namespace

TEST_CASE("every implementation agrees with ref in float64 on the listed shapes") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        REQUIRE_FALSE(named.cases.passes.empty());
        for (const cases::PassCase& pass_case : named.cases.passes) {
            if (!pass_case.benchmark) check_all_types(*named.op, pass_case, 1);
        }
    }
}

TEST_CASE("every implementation agrees with ref in float64 on random shapes") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        REQUIRE(named.cases.random);
        for (std::uint64_t seed = 1; seed <= kRandomRounds; ++seed) {
            for (const cases::PassCase& pass_case : named.cases.random(seed)) {
                check_all_types(*named.op, pass_case, seed);
            }
        }
    }
}

TEST_CASE("every pass of every operation has a case") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const Pass& pass : named.op->passes) {
            INFO(named.op->name << '.' << pass.name);
            CHECK(
                std::ranges::any_of(named.cases.passes, [&](const auto& c) { return c.pass == pass.name; }));
        }
    }
}
