// Rows of an image that one strip of work hands on to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tern {

/// Neighbouring rows of an image.
struct Rows {
    const float* data;
    std::int64_t first, count;
};

/// The rows of an image that a strip needs, in a buffer that slides down with the strips.
class SlidingRows {
  public:
    /// Windows in the buffer: rows that windows share are moved once in some strips, not in each.
    static constexpr std::int64_t kWindows = 3;

    /// Room for windows of at most `rows` rows.
    SlidingRows(float* buffer, std::int64_t rows, std::int64_t row_size)
        : buffer_(buffer), capacity_(kWindows * rows), row_size_(row_size) {}

    /// Rows [first, last), both no less than before: make(row, count, to) makes those that are not there.
    template <class Make>
    Rows slide(std::int64_t first, std::int64_t last, Make make) {
        if (last - start_ > capacity_ || first >= last_) {  // those that stay move to the front
            if (last_ > first)
                std::memmove(buffer_, at(first),
                             static_cast<std::size_t>((last_ - first) * row_size_) * sizeof(float));
            start_ = first;
            last_ = std::max(last_, first);
        }
        if (last > last_) make(last_, last - last_, at(last_));
        last_ = last;
        return {at(first), first, last - first};
    }

  private:
    float* at(std::int64_t row) const { return buffer_ + (row - start_) * row_size_; }

    float* buffer_;
    std::int64_t capacity_, row_size_;
    std::int64_t start_ = 0, last_ = 0;  // rows in the buffer
};

}  // namespace tern
