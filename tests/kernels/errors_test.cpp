// Every wrong argument gives its text.
#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("wrong arguments give one clear line") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::ErrorCase& error : named.cases.errors) {
            INFO(named.op->name << ", " << error.name);
            CHECK_THROWS_WITH(error.call(), error.message);
        }
    }
}
