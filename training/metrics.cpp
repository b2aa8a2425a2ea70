#include "tern/training/metrics.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace tern {
namespace {

using Json = nlohmann::ordered_json;

void add_columns(Json& line, const std::string& split, const TotalsRead& totals) {
    line[split + "_loss"] = totals.loss;
    for (const auto& [metric, value] : totals.metrics) line[split + '_' + metric] = value;
}

}  // namespace

double LogLine::images_per_second() const {
    return seconds > 0 ? static_cast<double>(train.samples) / seconds : 0;
}

std::string LogLine::to_json() const {
    Json line{{"epoch", epoch}};
    add_columns(line, "train", train);
    if (validation) add_columns(line, "validation", *validation);
    if (test) {
        add_columns(line, "test", *test);
    } else {
        line["test_loss"] = nullptr;
        for (const TotalsRead::Value& value : train.metrics) line["test_" + value.metric] = nullptr;
    }
    line["seconds"] = seconds;
    line["images_per_second"] = images_per_second();
    line["learning_rate"] = learning_rate;
    if (batch_size > 0) line["batch_size"] = batch_size;
    return line.dump();
}

std::string TestLine::to_json() const {
    Json line{{"best_epoch", best_epoch}};
    add_columns(line, "test", test);
    return line.dump();
}

std::string StepLoss::to_json(DType precision) const {
    const int digits = precision == DType::float64 ? 17 : 9;
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "{\"step\":%lld,\"loss\":%.*g,\"learning_rate\":%.*g}",
                  static_cast<long long>(step), digits, loss, digits, learning_rate);
    return text.data();
}

}  // namespace tern
