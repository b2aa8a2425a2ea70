#include "tern/apps/fetch/download.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>

#include <curl/curl.h>

#include "tern/apps/console.hpp"
#include "tern/apps/interrupt.hpp"
#include "tern/apps/terminal_line.hpp"
#include "tern/core/error.hpp"
#include "tern/version.hpp"

namespace tern::apps {
namespace {

// Another try may bring the rest.
bool is_broken_connection(CURLcode code) {
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

class Download {
  public:
    Download(const Archive& archive, PartFile& part, long patience)
        : archive_(archive), part_(part), first_(part.size()), handle_(curl_easy_init(), curl_easy_cleanup) {
        TERN_CHECK(handle_ != nullptr, archive.url, "cannot be downloaded: libcurl does not start");
        set(CURLOPT_URL, archive.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, 5L);
        set(CURLOPT_USERAGENT, to_text("tern/", kVersion).c_str());
        set(CURLOPT_FAILONERROR, 1L);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT, patience);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, patience);
        set(CURLOPT_ERRORBUFFER, message_.data());
        set(CURLOPT_WRITEFUNCTION, &Download::write);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Download::progress);
        set(CURLOPT_XFERINFODATA, this);
    }

    void run() {
        while (part_.size() < archive_.bytes) {
            const std::int64_t before = part_.size();
            CURLcode code = perform(before);
            if (refuses_ranges(code)) code = perform(0);
            if (is_broken_connection(code) && part_.size() > before) continue;
            line_.clear();
            if (failure_) std::rethrow_exception(failure_);
            check(code);
            TERN_CHECK(part_.size() == archive_.bytes, archive_.url, "ended too early", kept());
        }
    }

  private:
    template <class T>
    void set(CURLoption option, T value) {
        const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
        TERN_CHECK(code == CURLE_OK, archive_.url, "cannot be downloaded: ", curl_easy_strerror(code));
    }

    template <class T>
    T info(CURLINFO what) const {
        T value{};
        curl_easy_getinfo(handle_.get(), what, &value);
        return value;
    }

    CURLcode perform(std::int64_t offset) {
        offset_ = offset;
        begun_ = false;
        message_.fill('\0');
        set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(offset));
        return curl_easy_perform(handle_.get());
    }

    // Sends the whole instead of the rest, or says that there is no such rest.
    bool refuses_ranges(CURLcode code) const {
        constexpr long kRangeNotSatisfiable = 416;
        return offset_ > 0 &&
               (code == CURLE_RANGE_ERROR ||
                (code == CURLE_OK && info<long>(CURLINFO_RESPONSE_CODE) == kRangeNotSatisfiable));
    }

    void check(CURLcode code) const {
        TERN_CHECK(code != CURLE_HTTP_RETURNED_ERROR, archive_.url, "the server answered ",
                   info<long>(CURLINFO_RESPONSE_CODE), kept());
        if (code == CURLE_ABORTED_BY_CALLBACK)
            throw Interrupted(signals_.signal(), to_text('[', archive_.url, "] interrupted", kept()));
        TERN_CHECK(code == CURLE_OK, archive_.url,
                   "cannot be downloaded: ", message_[0] != '\0' ? message_.data() : curl_easy_strerror(code),
                   kept());
    }

    std::string kept() const {
        if (part_.size() == 0) return "";
        return to_text("; ", part_.size(), " of ", archive_.bytes,
                       " bytes are kept, run it again to continue");
    }

    // Exceptions must not go through libcurl: accepting fewer bytes than came ends the transfer.
    static std::size_t write(char* bytes, std::size_t, std::size_t count, void* self) {
        auto& download = *static_cast<Download*>(self);
        try {
            download.accept(std::as_bytes(std::span(bytes, count)));
            return count;
        } catch (...) {
            download.failure_ = std::current_exception();
            return CURL_WRITEFUNC_ERROR;
        }
    }

    // What an earlier run left is given up only for the first byte of an archive of the right size.
    void accept(std::span<const std::byte> bytes) {
        if (!begun_) {
            const auto length = info<curl_off_t>(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
            TERN_CHECK(length < 0 || offset_ + length == archive_.bytes, archive_.url, "has ",
                       offset_ + length, " bytes, expected ", archive_.bytes);
            if (offset_ == 0) part_.clear();
            begun_ = true;
        }
        TERN_CHECK(part_.size() + std::ssize(bytes) <= archive_.bytes, archive_.url,
                   "has more than the expected ", archive_.bytes, " bytes");
        part_.append(bytes);
    }

    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        auto& download = *static_cast<Download*>(self);
        download.draw();
        return download.signals_.signal();
    }

    void draw() {
        if (!line_.due()) return;
        const auto size = static_cast<double>(part_.size()), bytes = static_cast<double>(archive_.bytes);
        const double rate = (size - static_cast<double>(first_)) / std::max(line_.seconds(), 1e-3);
        std::string text = formatted("%3.0f%%  %s of %s", 100 * size / bytes, format_bytes(size).c_str(),
                                     format_bytes(bytes).c_str());
        if (rate > 0)
            text += to_text("  ", format_bytes(rate), "/s  ", format_seconds((bytes - size) / rate), " left");
        line_.show(text.substr(0, static_cast<std::size_t>(TerminalLine::width())));
    }

    const Archive& archive_;
    PartFile& part_;
    std::int64_t first_;       // bytes that were there already
    std::int64_t offset_ = 0;  // of the current transfer's first byte
    bool begun_ = false;
    std::exception_ptr failure_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    TerminalLine line_;
    SignalWatch signals_;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
};

}  // namespace

void download(const Archive& archive, PartFile& part, long patience) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    TERN_CHECK(started == CURLE_OK, archive.url, "cannot be downloaded: ", curl_easy_strerror(started));
    Download(archive, part, patience).run();
}

}  // namespace tern::apps
