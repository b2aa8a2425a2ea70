// The functions of a library that is opened when first asked for.
#pragma once

#include <optional>
#include <string>

#include "tern/core/error.hpp"

namespace tern {

/// What open() returned, or why it threw; open() is called once.
template <class Table>
class OpenedOnce {
  public:
    explicit OpenedOnce(Table (*open)()) {
        try {
            table_ = open();
        } catch (const Error& error) {
            failure_ = error;
        }
    }

    /// Throws Error with the message of open().
    const Table& table() const {
        if (failure_) throw Error(*failure_);
        return table_;
    }
    /// Whether table() succeeds; if not, and `why_not` is given, its message.
    bool available(std::string* why_not) const {
        if (failure_ && why_not != nullptr) *why_not = failure_->what();
        return !failure_;
    }

  private:
    Table table_{};
    std::optional<Error> failure_;
};

}  // namespace tern
