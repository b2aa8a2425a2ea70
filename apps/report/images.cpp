// The parts of a run that show images.
#include "tern/apps/console.hpp"
#include "tern/apps/report/pictures.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

bool drawable(const Tensor& image) { return image.dim(2) == 1 || image.dim(2) == 3; }

Html not_drawn(const Tensor& image) {
    Html line;
    line << "<p class=\"small\">Images of " << image.dim(2) << " channels are not drawn.</p>\n";
    return line;
}

Html fewer(std::size_t shown, std::size_t all) {
    Html line;
    if (shown < all)
        line << "<p class=\"small\">" << all - shown << (shown == 0 ? "" : " more")
             << " left out, so that the page stays small.</p>\n";
    return line;
}

}  // namespace

Html mistakes_part(const TestedRun& tested, std::size_t budget) {
    Html part;
    if (!tested.done()) return part;
    part << "<h3>Surest mistakes</h3>\n";
    if (tested.mistakes.empty()) {
        part << "<p>Every test was classified right.</p>\n";
        return part;
    }
    part << "<p class=\"small\">" << format_count(tested.wrong) << " of " << format_count(tested.samples)
         << " tests are wrong; of those the ones with the largest probability: what each was taken for, with "
            "that probability; below it its label, and its file or number.</p>\n";
    if (!drawable(tested.mistakes.front().image)) {
        part << not_drawn(tested.mistakes.front().image);
        return part;
    }
    std::vector<Picture> pictures;
    for (const Mistake& mistake : tested.mistakes) {
        const std::string &taken_for = tested.classes[static_cast<std::size_t>(mistake.prediction)],
                          &label = tested.classes[static_cast<std::size_t>(mistake.label)];
        pictures.push_back({mistake.image,
                            to_text(taken_for, formatted(" %.2f\u00a0%%\n", 100 * mistake.confidence), label,
                                    ", ", mistake.name),
                            to_text("test ", mistake.name, ", ", label, " taken for ", taken_for)});
    }
    std::size_t shown = 0;
    part << picture_list(pictures, false, budget, shown) << fewer(shown, pictures.size());
    return part;
}

Html batch_part(const SeenBatch& batch, std::size_t budget) {
    Html part;
    part << "<h3>A training batch</h3>\n";
    if (!batch.why_not.empty()) {
        part << "<p class=\"small\">Not shown: " << batch.why_not << "</p>\n";
        return part;
    }
    const auto seen = static_cast<std::int64_t>(batch.images.size());
    part << "<p class=\"small\">"
         << (seen < batch.batch_size ? to_text("The first ", seen, " of the ", batch.batch_size)
                                     : to_text("The ", seen))
         << " images of the run's first step, augmented as it saw them (<code>" << batch.augmentation
         << "</code>).</p>\n";
    if (!drawable(batch.images.front().pixels)) {
        part << not_drawn(batch.images.front().pixels);
        return part;
    }
    std::vector<Picture> pictures;
    for (const SeenImage& image : batch.images)
        pictures.push_back({image.pixels, image.caption, image.caption});
    std::size_t shown = 0;
    part << picture_list(pictures, true, budget, shown) << fewer(shown, pictures.size());
    return part;
}

}  // namespace tern::apps::report
