// What multiplies bytes has a version for each set of instructions, of which a machine chooses its best: here it runs all
// that it can.
#include <string_view>
#include <vector>

#include <hwy/targets.h>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/gemm/bytes.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/kernels/conformance.hpp"

using namespace tern;

namespace {

// While it lives, this machine has no better vectors, and of the instructions for bytes those alone.
class InstructionsScope {
  public:
    InstructionsScope(std::int64_t target, gemm::ByteInstructions instructions)
        : previous_(gemm::byte_instructions()) {
        gemm::byte_instructions() = instructions;
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
    ~InstructionsScope() {
        gemm::byte_instructions() = previous_;
        hwy::SetSupportedTargetsForTest(0);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
    InstructionsScope(const InstructionsScope&) = delete;
    InstructionsScope& operator=(const InstructionsScope&) = delete;

  private:
    gemm::ByteInstructions previous_;
};

void check_all_cases() {
    for (const cases::NamedCases& named : cases::all_cases()) {
        if (!std::string_view(named.op->name).starts_with("quantize")) continue;
        std::vector<cases::PassCase> passes = named.cases.passes;
        for (std::uint64_t seed = 1; seed <= 3; ++seed)
            for (cases::PassCase& more : named.cases.random(seed)) passes.push_back(std::move(more));
        for (const cases::PassCase& pass_case : passes) {
            if (pass_case.benchmark) continue;
            INFO(pass_case.title());
            const Implementation* const cpu = find_implementation(*pass_case.pass, "cpu");
            REQUIRE(cpu != nullptr);
            CHECK(test::check_conformance(pass_case, DType::float32, cpu->run, 7) == "");
        }
    }
}

}  // namespace

TEST_CASE("every set of instructions gives the same bytes") {
    const gemm::ByteInstructions machine = gemm::byte_instructions();
    int sets = 0;
    for (const std::int64_t target : {HWY_SCALAR, HWY_AVX2, HWY_AVX3, HWY_NEON}) {
        if ((hwy::SupportedTargets() & target) == 0) continue;
        for (const gemm::ByteInstructions some : {gemm::ByteInstructions{}, {machine.vnni, false}, machine}) {
            INFO(hwy::TargetName(target) << (some.vnni ? ", VNNI" : "") << (some.amx ? ", AMX" : ""));
            const InstructionsScope scope(target, some);
            check_all_cases();
            ++sets;
        }
    }
    CHECK(sets >= 3);
}
