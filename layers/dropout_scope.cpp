#include "tern/layers/dropout_scope.hpp"

#include <limits>
#include <utility>

#include "tern/layers/derived_seed.hpp"

namespace tern {
namespace {

thread_local const DropoutScope* innermost = nullptr;

}  // namespace

DropoutScope::DropoutScope(std::uint64_t step) : previous_(std::exchange(innermost, this)), step_(step) {}

DropoutScope::~DropoutScope() { innermost = previous_; }

const DropoutScope* DropoutScope::current() { return innermost; }

void DropoutScope::next_step() const {
    ++step_;
    start_piece(0);
}

void DropoutScope::start_piece(std::int64_t row) const {
    TERN_CHECK(row >= 0, "DropoutScope", "the first row of a piece must not be negative, got ", row);
    row_ = row;
    calls_.clear();
}

RandomStream DropoutScope::next_stream(std::uint64_t seed) const {
    TERN_CHECK(step_ <= std::numeric_limits<std::uint32_t>::max(), "DropoutScope",
               "steps go up to 2^32 - 1, got ", step_);
    const std::uint64_t call = calls_[seed]++;
    return {call == 0 ? seed : derived_seed(seed, call), RandomPurpose::dropout,
            static_cast<std::uint32_t>(step_)};
}

std::uint64_t DropoutScope::first_element(const Tensor& piece) const {
    const std::int64_t rows = piece.rank() == 0 ? 1 : piece.dim(0);
    return rows == 0 ? 0
                     : static_cast<std::uint64_t>(row_) * static_cast<std::uint64_t>(piece.numel() / rows);
}

}  // namespace tern
