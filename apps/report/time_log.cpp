#include "tern/apps/report/time_log.hpp"

#include <algorithm>

#include "tern/apps/console.hpp"
#include "tern/apps/report/json_lines.hpp"

namespace tern::apps::report {
namespace {

using Json = nlohmann::json;

void add(NamedSeconds& sums, const std::string& name, double seconds) {
    const auto found = std::ranges::find(sums, name, &NamedSeconds::value_type::first);
    if (found == sums.end())
        sums.emplace_back(name, seconds);
    else
        found->second += seconds;
}

void take_seconds(const JsonLine& line, const Json& rank, const char* key, NamedSeconds& sums) {
    const auto found = rank.find(key);
    if (found == rank.end() || !found->is_object()) line.refuse("a rank has no object ", key);
    for (const auto& [name, value] : found->items()) {
        const bool number = value.is_number();
        const double seconds = number ? value.get<double>() : 0;
        constexpr double kMost = 1e12;  // 30,000 years
        if (!number || !(seconds >= 0 && seconds <= kMost))
            line.refuse(key, '.', one_line(name), " must be a number of seconds");
        add(sums, name, seconds);
    }
}

void take_rank(const JsonLine& line, const Json& rank, TimeLog& log) {
    constexpr std::int64_t kMostRanks = 1 << 20;
    if (!rank.is_object()) line.refuse("ranks must be an array of objects");
    const auto number = rank.find("rank"), host = rank.find("host");
    if (number == rank.end() || !number->is_number_unsigned() || number->get<std::uint64_t>() > kMostRanks)
        line.refuse("a rank has no whole number rank");
    if (host == rank.end() || !host->is_string()) line.refuse("a rank has no text host");
    const auto id = static_cast<std::int64_t>(number->get<std::uint64_t>());
    auto own = std::ranges::lower_bound(log.ranks, id, {}, &RankTimes::rank);
    if (own == log.ranks.end() || own->rank != id) own = log.ranks.insert(own, {id, "", {}, {}});
    own->host = host->get<std::string>();
    take_seconds(line, rank, "seconds", own->parts);
    take_seconds(line, rank, "waits", own->waits);
}

std::size_t place_of(const std::string& part) {
    return static_cast<std::size_t>(std::ranges::find(time_parts(), part) - time_parts().begin());
}

}  // namespace

const std::vector<std::string>& time_parts() {
    static const std::vector<std::string> parts{
        "load", "forward", "backward", "exchange", "optimizer", "statistics", "evaluation", "save", "other"};
    return parts;
}

TimeLog parse_time_log(std::string_view text, const std::string& file) {
    TimeLog log;
    log.cut = for_each_json_line(text, file, [&](const JsonLine& line) {
        line.whole("epoch", 1);
        const auto ranks = line.object.find("ranks");
        if (ranks == line.object.end() || !ranks->is_array()) line.refuse("has no array ranks");
        for (const Json& rank : *ranks) take_rank(line, rank, log);
        ++log.epochs;
    });
    for (RankTimes& rank : log.ranks)
        std::ranges::stable_sort(rank.parts, {}, [](const auto& part) { return place_of(part.first); });
    return log;
}

}  // namespace tern::apps::report
