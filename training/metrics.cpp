#include "tern/training/metrics.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace tern {

double LogLine::images_per_second() const {
    return seconds > 0 ? static_cast<double>(train.samples) / seconds : 0;
}

std::string LogLine::to_json() const {
    nlohmann::ordered_json line{{"epoch", epoch}, {"train_loss", train.loss}};
    for (const auto& [metric, value] : train.metrics) line["train_" + metric] = value;
    line["test_loss"] = test ? nlohmann::ordered_json(test->loss) : nullptr;
    for (std::size_t i = 0; i < train.metrics.size(); ++i)
        line["test_" + train.metrics[i].metric] =
            test ? nlohmann::ordered_json(test->metrics[i].value) : nullptr;
    line["seconds"] = seconds;
    line["images_per_second"] = images_per_second();
    line["learning_rate"] = learning_rate;
    if (batch_size > 0) line["batch_size"] = batch_size;
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
