// A run's weights on the tests of its data, evaluated for the report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tern/apps/report/run.hpp"
#include "tern/apps/runtime_flags.hpp"
#include "tern/training/calibration.hpp"
#include "tern/training/classification_report.hpp"

namespace tern::apps::report {

/// A wrong prediction.
struct Mistake {
    std::int64_t sample = 0;
    std::int32_t label = 0, prediction = 0;
    double confidence = 0;    // probability of the prediction
    double of_the_label = 0;  // and of the label
    Tensor image;             // (H, W, C) uint8
    std::string name = {};    // of its file, where it has one: "cat/1.png"; else its number
};

struct TestedRun {
    std::string why_not;  // one line where nothing was evaluated: all else is empty then
    std::string weights;  // "best.safetensors"
    std::string data;     // the folder of the set
    std::int64_t samples = 0;
    double loss = 0;
    std::vector<std::string> classes;
    Tensor confusion;  // (K, K) int64: row = label, column = prediction
    ClassificationReport scores;
    Calibration calibration;
    std::vector<Mistake> mistakes;  // the surest first
    std::int64_t wrong = 0;         // all mistakes

    bool done() const { return why_not.empty(); }
};

/// `data`: the folder of the set, else that of the run's settings. `most` mistakes are kept. What fails is told in
/// `why_not`; nothing is thrown for it.
TestedRun test_run(const Run& run, const Flag& data, const Runtime& runtime, std::size_t most);

}  // namespace tern::apps::report
