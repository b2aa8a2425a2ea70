// What event files of TensorBoard hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

struct Scalar {
    std::string tag;  // "loss/train"
    double value = 0;
};

/// Bytes as a record of a TFRecord file: their count in 8 bytes, its masked_crc32c(), the bytes, theirs
/// (tensorflow/core/lib/io/record_writer.cc).
std::string tf_record(std::string_view bytes);

/// Messages Event (tensorflow/core/util/event.proto). `time`: seconds since 1970.
/// The first of a file: its version.
std::string version_event(double time);
/// A program starts here: TensorBoard forgets what other files have from `step` on.
std::string start_event(double time, std::int64_t step);
std::string scalars_event(double time, std::int64_t step, const std::vector<Scalar>& scalars);
/// Markdown, for the dashboard of texts.
std::string text_event(double time, std::int64_t step, const std::string& tag, std::string_view text);

}  // namespace tern
