#include "tern/kernels/dispatch/tuning.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>

#include "tern/core/fnv1a.hpp"

namespace tern {
namespace {

std::atomic<std::uint64_t> tables = 0;

// Over whole words: addresses of passes, types and extents.
std::uint64_t hash_of(const Problem& problem) {
    Fnv1a hash;
    hash.add(std::uint64_t{reinterpret_cast<std::uintptr_t>(&problem.pass)});
    for (const auto tensors : {problem.inputs, problem.outputs}) {
        for (const Tensor& tensor : tensors) {
            hash.add(std::uint64_t{0xff});  // so that extents cannot be taken for those of the next tensor
            if (!tensor.defined()) continue;
            hash.add(static_cast<std::uint64_t>(tensor.dtype()) + 1);
            for (int i = 0; i < tensor.rank(); ++i) hash.add(static_cast<std::uint64_t>(tensor.dim(i)));
        }
    }
    return hash.value() ^ (hash.value() >> 32);
}

const Pass& pass_of_problem(const std::string& problem) {
    const std::string name = problem.substr(0, problem.find(' '));
    const std::size_t dot = name.find('.');
    TERN_CHECK(dot != std::string::npos, "tuning", '"', problem, "\" does not start with OPERATION.PASS");
    return find_op(name.substr(0, dot)).pass(name.substr(dot + 1));
}

// Tables of before an operation got another optional input, such as a bias, say nothing of it.
std::string with_all_inputs(std::string problem) {
    const std::size_t arrow = problem.find(" ->");
    const auto given = std::ranges::count(std::string_view(problem).substr(0, arrow), ' ');
    const auto wanted = static_cast<std::ptrdiff_t>(pass_of_problem(problem).inputs.size());
    for (std::ptrdiff_t i = given; arrow != std::string::npos && i < wanted; ++i) problem.insert(arrow, " -");
    return problem;
}

void check_choice(const std::string& problem, const std::string& implementation) {
    const Pass& pass = pass_of_problem(problem);
    TERN_CHECK(find_implementation(pass, implementation) != nullptr, "tuning", pass.op, '.', pass.name,
               " has no implementation ", implementation);
}

}  // namespace

std::string describe_problem(const Problem& problem) {
    std::string text = to_text(problem.pass.op, '.', problem.pass.name);
    const auto append = [&text](const Tensor& tensor) {
        text += tensor.defined() ? to_text(' ', tensor.dtype(), tensor.shape()) : std::string(" -");
    };
    std::ranges::for_each(problem.inputs, append);
    text += " ->";
    std::ranges::for_each(problem.outputs, append);
    return text;
}

TuningTable::TuningTable(Choices choices) : number_(++tables) {
    for (const auto& [problem, implementation] : choices) {
        check_choice(problem, implementation);
        choices_.emplace(with_all_inputs(problem), implementation);
    }
}

const Implementation* TuningTable::find(const Problem& problem) const {
    struct Known {
        std::uint64_t table = 0;
        std::unordered_map<std::uint64_t, const Implementation*> choices;
    };
    thread_local Known known;
    constexpr std::size_t kMost = 1 << 16;  // a program with varying shapes must not grow
    if (known.table != number_ || known.choices.size() >= kMost) known = {number_, {}};
    const auto [place, is_new] = known.choices.try_emplace(hash_of(problem));
    if (is_new) {
        const auto found = choices_.find(describe_problem(problem));
        if (found != choices_.end()) place->second = find_implementation(problem.pass, found->second);
    }
    return place->second;
}

}  // namespace tern
