#!/usr/bin/env python3
"""Pages of tern report in Chromium: what is read on them, in light and dark, on a phone, printed, with and without scripts,
and that nothing is asked for from anywhere.

usage: report_browser_test.py TERN [unittest's arguments]
"""

import json
import re

import tern_process
from browser import Browser
from report_page import Page
from tern_process import ScratchTest, run

PARTS = ["load", "forward", "backward", "exchange", "optimizer", "statistics", "evaluation", "save", "other"]

# The least contrast of texts with what is behind them, by WCAG 2.1's formula, and where it is.
CONTRAST = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const parts = numbers(colour).slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const alpha = numbers(colour)[3];
      if (alpha === undefined || alpha === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let least = [99, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || /^(script|style|title)$/i.test(element.tagName) || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const ground = element.matches(".bar") ? getComputedStyle(document.documentElement).getPropertyValue("--bar") : behind(element);
    const hex = /^#(..)(..)(..)$/.exec(ground.trim());
    const colours = [element.namespaceURI.includes("svg") ? style.fill : style.color, hex ? `rgb(${hex.slice(1).map((h) => parseInt(h, 16))})` : ground];
    const [dark, bright] = colours.map(light).sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < least[0]) least = [contrast, `${element.className} ${own[0].data.trim()} ${colours}`];
  }
  return least;
})()
"""


class BrowserTest(ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser(cls.shared / "profile")
        cls.addClassCleanup(cls.browser.close)
        data = cls.shared / "set"
        run("data", "synthesize", data, "--train-samples", 400, "--test-samples", 100).check_returncode()
        cls.runs = []
        for seed in range(3):
            cls.runs.append(cls.shared / f"seed-{seed}")
            flags = ["--model", "lenet5", "--batch-size", 20, "--epochs", 4, "--seed", seed, "--run", cls.runs[-1]]
            run("train", "--data", data, *flags).check_returncode()
        rank = {"host": "host", "seconds": {part: 1.5 for part in PARTS}, "waits": {"gradients": 0.25}}
        lines = [{"epoch": k + 1, "ranks": [{"rank": 0, **rank}, {"rank": 1, **rank}]} for k in range(4)]
        (cls.runs[0] / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        cls.one, cls.three = cls.shared / "one.html", cls.shared / "three.html"
        run("report", cls.runs[0], "--output", cls.one).check_returncode()
        run("report", *cls.runs, "--output", cls.three).check_returncode()

    def open(self, path, **look):
        self.browser.requests.clear()
        self.browser.look(**look)
        self.browser.open(path)
        self.assertEqual(self.browser.complaints(), [])

    def numbers(self):
        return self.browser.evaluate(
            "[...document.querySelectorAll('table.numbers tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
        )

    def test_nothing_is_asked_for(self):
        for path in self.one, self.three:
            self.open(path)
            others = [address for address in self.browser.requests if not address.startswith("data:")]
            self.assertEqual(others, [path.as_uri()])
            self.assertEqual(Page(path).all_faults(), [])
            broken = "[...document.images].filter(image => !image.complete || !image.naturalWidth).length"
            self.assertEqual(self.browser.evaluate(broken), 0)

    def test_it_reads_as_it_is_written(self):
        for path, words in (self.one, ["Run seed-0", "Where the time went"]), (self.three, ["Run seed-2", "of 3 runs that differ"]):
            self.open(path)
            text = self.browser.evaluate("document.body.innerText")
            for word in [*words, "Result", "Curves", "Settings", "Confusion matrix", "Surest mistakes", "Calibration", "tern train"]:
                self.assertIn(word, text)
            self.assertNotIn("NaN", text)
            self.assertNotIn("undefined", text)

    def test_contrast(self):
        for dark in False, True:
            self.open(self.three, dark=dark)
            contrast, where = self.browser.evaluate(CONTRAST)
            self.assertGreaterEqual(contrast, 4.5, where)
            ground = self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
            self.assertEqual(ground == "rgb(255, 255, 255)", not dark)

    def test_a_phone_scrolls_down_only(self):
        for path in self.one, self.three:
            self.open(path, width=390, height=844)
            self.assertEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 390)

    def test_texts_do_not_overlap(self):
        overlaps = """[...document.querySelectorAll('svg')].flatMap(svg => {
            const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
            return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).filter(([, two]) => one.left < two.right && two.left < one.right
                && one.top + 2 < two.bottom && two.top + 2 < one.bottom).map(([b]) => a + ' and ' + b)); })"""
        for width in 390, 1280:
            self.open(self.three, width=width)
            self.assertEqual(self.browser.evaluate(overlaps), [])

    def test_pointing_and_keys_show_an_epoch(self):
        self.open(self.three)
        last = self.numbers()
        logged = [json.loads(line) for line in (self.runs[1] / "metrics.jsonl").read_text().splitlines()]
        box = self.browser.evaluate(
            "(() => { scrollTo(0, 300); const b = document.querySelector('.chart svg').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
        )
        left = box[0] + box[2] * 60 / 440  # epoch 1
        self.browser.point_at(left + 1, box[1] + box[3] / 2)
        first = self.numbers()
        self.assertEqual([row[1] for row in first], ["1", "1", "1"])
        self.assertEqual(first[1][3], f"{logged[0]['test_loss']:.4f}")
        self.assertEqual(first[1][5], f"{100 * logged[0]['test_accuracy']:.2f}\u00a0%")
        marks = "document.querySelectorAll('.mark').length"
        self.assertEqual(self.browser.evaluate(marks), 3 * 6)
        self.browser.point_at(2, 2)
        self.assertEqual(self.numbers(), last)
        self.browser.evaluate("document.querySelectorAll('.chart svg')[1].focus()")
        self.browser.press("ArrowLeft")
        self.assertEqual([row[1] for row in self.numbers()], ["3", "3", "3"])
        self.browser.press("Home")
        self.assertEqual(self.numbers(), first)
        self.browser.press("Escape")
        self.assertEqual((self.numbers(), self.browser.evaluate(marks)), (last, 0))

    def test_the_last_epoch_is_formatted_alike(self):
        """By C++ without a script, and by the script at that epoch."""
        self.open(self.three)
        last = self.numbers()
        self.browser.evaluate("document.querySelector('.chart svg').focus()")
        self.browser.press("End")
        self.assertEqual(self.numbers(), last)

    def test_a_tick_hides_a_run_also_without_scripts(self):
        lines = "[...document.querySelectorAll('svg .run-1 polyline')].map(line => line.getClientRects().length > 0)"
        for scripts in True, False:
            self.open(self.three, scripts=scripts)
            self.assertEqual(self.browser.evaluate(lines), [True] * 6)
            self.browser.evaluate("document.getElementById('show-1').focus()")
            self.browser.evaluate("document.getElementById('show-1').click()")
            self.assertEqual(self.browser.evaluate(lines), [False] * 6)
            self.assertEqual(self.browser.evaluate("getComputedStyle(document.querySelector('.scripted')).display !== 'none'"), scripts)

    def test_print(self):
        self.open(self.three)
        pdf = self.browser.pdf()
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertGreaterEqual(len(re.findall(rb"/Type\s*/Page\b", pdf)), 4)
        self.open(self.three, media="print", dark=True)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('input').length"), 3)
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('input')].filter(i => i.getClientRects().length).length"), 0)
        contrast, where = self.browser.evaluate(CONTRAST)
        self.assertGreaterEqual(contrast, 4.5, where)


if __name__ == "__main__":
    tern_process.main()
