// The cases of all operations, one section for each.
#pragma once

#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"

namespace tern::test {

/// `-c NAME` on the command line runs those of one operation alone.
template <class F>
void for_each_operation(F work) {
    for (const cases::NamedCases& named : cases::all_cases()) {
        DYNAMIC_SECTION(named.op->name) { work(named); }
    }
}

}  // namespace tern::test
