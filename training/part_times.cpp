#include "tern/training/part_times.hpp"

#include <nlohmann/json.hpp>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::vector<std::string_view> parts_of_a_run() {
    return {"load", "forward", "backward", "exchange", "optimizer", "statistics", "evaluation", "save"};
}

std::string times_of_rank(int rank, const std::string& host, std::span<const double> seconds,
                          const std::map<std::string, double>& waits) {
    const std::vector<std::string_view> parts = parts_of_a_run();
    TERN_ASSERT(seconds.size() == parts.size() + 1);
    Json by_part = Json::object();
    for (std::size_t i = 0; i < parts.size(); ++i) by_part[std::string(parts[i])] = seconds[i];
    by_part["other"] = seconds.back();
    Json by_purpose = Json::object();
    for (const auto& [purpose, waited] : waits) by_purpose[purpose] = waited;
    const Json object{{"rank", rank}, {"host", host}, {"seconds", by_part}, {"waits", by_purpose}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string times_line(std::int64_t epoch, std::span<const std::string> ranks) {
    std::string text = R"({"epoch":)" + std::to_string(epoch) + R"(,"ranks":[)";
    for (std::size_t i = 0; i < ranks.size(); ++i) text += (i > 0 ? "," : "") + ranks[i];
    return text + "]}";
}

}  // namespace tern
