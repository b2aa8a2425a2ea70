// The line about what ended a program.
#pragma once

#include <exception>
#include <string>

namespace tern::apps {

/// Something failed, and all lines about it were said: exit status 1 without another.
class SaidFailure : public std::exception {};

/// What an error of tern's says; of the standard library's, which say nothing to a user, what they mean.
std::string failure_line(const std::exception& error);

}  // namespace tern::apps
