// A schedule as a picture.
#pragma once

#include <string>

#include "tern/training/schedule.hpp"

namespace tern::apps {

/// The learning rate of each step over the epochs of a run as SVG, and below it the batch size where that grows. Readable
/// on light and dark pages.
std::string schedule_svg(const std::string& name, const Schedule& schedule, const RunLength& length);

}  // namespace tern::apps
