// What `tern predict` prints or writes of each image, as it comes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/training/predictor.hpp"

namespace tern::apps {

class PredictionRows {
  public:
    virtual ~PredictionRows() = default;
    PredictionRows() = default;
    PredictionRows(const PredictionRows&) = delete;
    PredictionRows& operator=(const PredictionRows&) = delete;

    virtual void add(const std::string& file, const std::vector<Prediction>& classes) = 0;
    /// What was named and gave no image.
    virtual void add_failure(const std::string& /*name*/, const Error& /*failure*/) {}
    /// Hands on what was added. Throws Error where that cannot be written.
    virtual void flush() = 0;
    /// The last call.
    virtual void finish() { flush(); }
};

/// Rows for people on standard output; the column of names is `width` wide, and wider where a name is longer.
std::unique_ptr<PredictionRows> make_table_rows(std::size_t width);
/// One JSON object on standard output.
std::unique_ptr<PredictionRows> make_json_rows(const std::string& model);

/// The ending of a file's name says how predictions are written: ".csv", a line for each class of each image, or ".jsonl", a
/// JSON object for each image and each failure.
bool is_prediction_file(const std::string& file);
/// Writes such a file, which is there when finish() has ended.
std::unique_ptr<PredictionRows> make_file_rows(const std::string& file);

}  // namespace tern::apps
