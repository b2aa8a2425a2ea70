#include "tern/apps/name_list.hpp"

#include <array>
#include <span>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/core/files/file_kind.hpp"

namespace tern::apps {

NameList::NameList(FileDescriptor file, std::function<bool()> stop)
    : file_(std::move(file)), stop_(std::move(stop)) {
    first_ = read_name();
    TERN_CHECK(first_ || stop_(), file_.path().string(), "is a list without names");
}

std::optional<std::string> NameList::next() { return first_ ? std::exchange(first_, {}) : read_name(); }

std::optional<std::string> NameList::read_name() {
    // Far more than a system takes as a name, and little enough for what has no lines at all.
    constexpr std::size_t kLongest = std::size_t{1} << 16;
    const std::string where = file_.path().string();
    for (;;) {
        std::size_t end = 0;
        do end = text_.find('\n', begin_);
        while (end == std::string::npos && text_.size() - begin_ <= kLongest && read_more());
        const bool last = end == std::string::npos;
        if (last) end = text_.size();
        if ((last && begin_ == end) || stop_()) return {};
        ++lines_;
        TERN_CHECK(end - begin_ <= kLongest, where, "its line ", lines_, " has more than ", kLongest,
                   " bytes, expected a name");
        std::string name = text_.substr(begin_, end - begin_);
        begin_ = last ? end : end + 1;
        if (name.ends_with('\r')) name.pop_back();
        TERN_CHECK(name.find('\0') == std::string::npos, where, "its line ", lines_,
                   " has a zero byte, expected a name");
        if (!name.empty()) return name;
    }
}

bool NameList::read_more() {
    if (!wait_for_input(file_, stop_)) return false;
    std::array<std::byte, std::size_t{1} << 14> piece{};
    const std::size_t bytes = file_.read_some(piece);
    const bool is_first = lines_ == 0 && text_.empty();
    text_.erase(0, std::exchange(begin_, 0));
    text_.append(reinterpret_cast<const char*>(piece.data()), bytes);
    if (is_first) check_kind();
    return bytes > 0;
}

void NameList::check_kind() {
    const FileKind kind = file_kind(std::as_bytes(std::span(text_)));
    TERN_CHECK(!is_image(kind) && !is_archive(kind) && kind != FileKind::utf16, file_.path().string(),
               mistaken_kind(kind, "a list of names, one in a line"));
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
}

bool wait_for_input(const FileDescriptor& file, const std::function<bool()>& stop) {
    constexpr int kPatience = 100;  // milliseconds between two looks
    while (!stop()) {
        if (file.can_be_read(kPatience)) return true;
    }
    return false;
}

}  // namespace tern::apps
