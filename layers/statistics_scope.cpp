#include "tern/layers/statistics_scope.hpp"

#include <utility>

namespace tern {
namespace {

thread_local const StatisticsScope* innermost = nullptr;

}  // namespace

StatisticsScope::StatisticsScope(Take take)
    : take_(std::move(take)), previous_(std::exchange(innermost, this)) {}

StatisticsScope::~StatisticsScope() { innermost = previous_; }

const StatisticsScope* StatisticsScope::current() { return innermost; }

}  // namespace tern
