#include "tern/training/metrics.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace tern {

double LogLine::images_per_second() const {
    return seconds > 0 ? static_cast<double>(train.samples) / seconds : 0;
}

std::string LogLine::to_json() const {
    const nlohmann::ordered_json line{
        {"epoch", epoch},
        {"train_loss", train.loss},
        {"train_accuracy", train.accuracy},
        {"test_loss", test ? nlohmann::ordered_json(test->loss) : nullptr},
        {"test_accuracy", test ? nlohmann::ordered_json(test->accuracy) : nullptr},
        {"seconds", seconds},
        {"images_per_second", images_per_second()},
        {"learning_rate", learning_rate},
    };
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
