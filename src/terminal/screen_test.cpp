#include "terminal/screen.hpp"

#include "terminal/terminal.hpp"
#include "terminal/test_pictures.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

namespace visor::terminal {
namespace {

constexpr Look utf8{false, true}, ascii{false, false};

// Whatever a screen is drawn from, with a picture that was looked at three times.
struct Stage {
    client::Picture picture;
    Link link;
    History history;
    View view;
    Look look = utf8;
    bool shown = true;

    Stage() {
        for (int64_t second = 98; second <= 100; ++second) {
            picture = test::picture(second);
            history.add(picture);
        }
        link.identity = picture.agent;
        link.policies = {"default", "other"};
        view.policy = "default";
    }
    Frame frame(int width, int height) const {
        return draw({shown ? &picture : nullptr, link, history, view, picture.taken_ms, look}, width, height);
    }
    std::string text(int width, int height) const { return frame(width, height).grid.text(); }
};

// The golden, which VISOR_REMAKE_GOLDENS=1 makes anew.
void expect_golden(const std::string& name, const std::string& text) {
    const std::string here = __FILE__, tree = here.substr(0, here.rfind("/src/"));
    const std::string path = tree + "/tests/terminal/goldens/" + name + ".txt";
    if (std::getenv("VISOR_REMAKE_GOLDENS")) std::ofstream(path) << text;
    std::ifstream file(path);
    std::stringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(text, golden.str()) << path;
}

struct Size {
    int width, height;
};
constexpr Size sizes[] = {{50, 14}, {80, 24}, {120, 40}, {200, 60}};

std::string named(const std::string& what, Size size) {
    return fmt::format("{}_{}x{}", what, size.width, size.height);
}

TEST(Screen, PanesAtAllSizes) {
    for (const Size size : sizes) {
        Stage stage;
        expect_golden(named("overview", size), stage.text(size.width, size.height));
        for (const client::Handler& handler : stage.picture.handlers) {
            stage.view.pane = handler.instance;
            expect_golden(named(handler.key, size), stage.text(size.width, size.height));
        }
    }
}

TEST(Screen, ExpandedTablesAtAllSizes) {
    for (const Size size : sizes) {
        Stage stage;
        stage.view.expanded = true;
        stage.view.selected = "names asked, last two labels";
        expect_golden(named("expanded", size), stage.text(size.width, size.height));
        stage.view.pane = "default-default-quic";
        stage.view.selected = "top_sni";
        stage.view.line = 1000; // the end
        expect_golden(named("expanded_end", size), stage.text(size.width, size.height));
    }
    Stage stage;
    stage.view.expanded = true;
    stage.view.pane = "default-default-dns";
    for (const auto& [id, name] :
         {std::pair("xact.in.quantiles_us", "quantiles"), std::pair("(counters)", "counters"),
          std::pair("rates.total", "rate"), std::pair("(empty)", "empty")}) {
        stage.view.selected = id;
        expect_golden(fmt::format("expanded_{}_80x24", name), stage.text(80, 24));
    }
}

TEST(Screen, HelpFilterAndAscii) {
    Stage stage;
    stage.view.help = true;
    expect_golden("help_80x24", stage.text(80, 24));
    stage.view.help = false;
    stage.view.filter = "EXAMPLE";
    stage.view.sort = Sort::name;
    expect_golden("filter_80x24", stage.text(80, 24));
    stage.view.typing = true;
    stage.view.filter = "\x1b[31m";
    expect_golden("typing_80x24", stage.text(80, 24));
    Stage plain;
    plain.look = ascii;
    const std::string text = plain.text(120, 40);
    expect_golden("ascii_120x40", text);
    EXPECT_TRUE(
        std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
}

TEST(Screen, WhatIsNotThereIsSaidWithWhatToDo) {
    Stage lost;
    lost.link.lost_ms = lost.picture.taken_ms - 7000;
    lost.link.error = "Connection refused";
    const std::string text = lost.text(80, 24);
    EXPECT_NE(text.find("lost for 7 s, trying again"), std::string::npos);
    EXPECT_NE(text.find("last picture, taken 12:01:40: Connection refused"), std::string::npos);
    EXPECT_NE(text.find("wpad.corp.local"), std::string::npos); // the picture stays
    lost.shown = false;
    expect_golden("never_connected_80x24", lost.text(80, 24));
    Stage none;
    none.picture.handlers.clear();
    expect_golden("no_handlers_80x24", none.text(80, 24));
    none.link.policies.clear();
    expect_golden("no_policies_80x24", none.text(80, 24));
    Stage quiet;
    for (client::Handler& handler : quiet.picture.handlers)
        for (client::Metric& metric : handler.metrics) metric.top = {};
    EXPECT_NE(quiet.text(80, 24).find("nothing in this window"), std::string::npos);
}

TEST(Screen, TooSmallIsSaidPolitelyAndNoSizeBreaksIt) {
    EXPECT_NE(Stage().text(40, 10).find("40 x 10 is too small: 50 x 14 at least"), std::string::npos);
    Stage stage;
    for (int width = 1; width < 130; width += 3)
        for (int height = 1; height < 45; height += 2)
            for (const bool expanded : {false, true}) {
                stage.view.expanded = expanded;
                stage.view.selected = "NXDOMAIN names";
                const Frame frame = stage.frame(width, height);
                EXPECT_EQ(frame.grid.width(), width);
                EXPECT_EQ(frame.grid.height(), height);
                for (const Hit& hit : frame.hits) EXPECT_LT(hit.area.x, width);
            }
}

Ink ink_of(const Frame& frame, std::string_view word) {
    const std::string text = frame.grid.text();
    const size_t at = text.find(word);
    if (at == std::string::npos) return Ink::plain;
    const size_t line = text.rfind('\n', at) + 1;
    const auto y = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
    return frame.grid.at(static_cast<int>(sinks::columns(text.substr(line, at - line))), y).ink;
}

TEST(Screen, DropsAndWhatIsAbnormalAreRed) {
    Stage stage;
    EXPECT_EQ(ink_of(stage.frame(120, 40), "340 dropped"), Ink::alarm);
    stage.picture.ledger = {
        {"eth0", "received", 10}, {"eth0", "delivered", 10}, {"eth0", "dropped.kernel", 0}};
    EXPECT_EQ(ink_of(stage.frame(120, 40), "0 dropped"), Ink::good);
    stage.view.pane = "default-default-dns"; // 30 % of replies are NXDOMAIN
    EXPECT_EQ(ink_of(stage.frame(120, 40), "nxdomain"), Ink::alarm);
    EXPECT_EQ(ink_of(stage.frame(120, 40), "queries"), Ink::plain);
}

TEST(Screen, DirectionsOfVersionTwoAreOneListWithTrueBounds) {
    Stage stage;
    client::Handler& net = stage.picture.handlers.front();
    net.key = "net";
    net.metrics = {
        test::top("in.top_ipv4_packets", "remote IPv4 addresses", {"192.0.2.1", "192.0.2.2"}, 300, 10),
        test::top("out.top_ipv4_packets", "remote IPv4 addresses", {"192.0.2.1", "192.0.2.3"}, 600)};
    stage.view.expanded = true;
    stage.view.selected = "busiest remote addresses";
    const std::string text = stage.text(120, 24);
    // 192.0.2.1: 100 to 110 in, 200 out; .2: 66 to 76 in, not listed out; .3: 133 out, up to 10 in.
    EXPECT_NE(text.find("192.0.2.1          305   33.9%          300          310"), std::string::npos)
        << text;
    EXPECT_NE(text.find("192.0.2.3          138   15.3%          133          143"), std::string::npos)
        << text;
    EXPECT_NE(text.find("192.0.2.2           71    7.9%           66           76"), std::string::npos)
        << text;
}

TEST(Screen, HowToLeaveIsToldAtAnyWidth) {
    Stage stage;
    for (const bool expanded : {false, true})
        for (int width = 50; width < 130; ++width) {
            stage.view.expanded = expanded;
            EXPECT_NE(stage.text(width, 24).find("? help  q quit\n"), std::string::npos)
                << stage.text(width, 24);
        }
}

TEST(Screen, AnOverviewOfVeryMuchHasALimit) {
    Stage stage;
    for (int i = 0; i < 300; ++i) stage.picture.handlers.push_back(stage.picture.handlers.back());
    EXPECT_EQ(stage.frame(120, 40).panels.size(), 100u);
}

TEST(Screen, DropsAreSeenWholeAtAnyWidth) {
    const Stage stage;
    for (int width = 50; width < 130; ++width)
        EXPECT_NE(stage.text(width, 24).find("340 dropped (0.3%)"), std::string::npos)
            << stage.text(width, 24);
}

TEST(Screen, CountsThatCannotBeAreShownAsNearAsCanBe) {
    Stage stage;
    stage.picture.ledger = {{"eth0", "received", -5}, {"eth0", "delivered", 1e300}};
    stage.picture.up_minutes = 1e300;
    stage.picture.handlers.front().metrics.push_back(test::counter("in_debt", "less than nothing", -7));
    stage.view.pane = stage.picture.handlers.front().instance;
    stage.view.expanded = true;
    stage.view.selected = "(counters)";
    const std::string text = stage.text(120, 40);
    EXPECT_NE(text.find(" 0 received = 18,446,744,073,709,551,615 delivered"), std::string::npos) << text;
    EXPECT_NE(text.find("up 37037 d"), std::string::npos) << text;
    const size_t debt = text.find("in debt");
    EXPECT_NE(text.find(" 0 ", debt), std::string::npos) << text;
    EXPECT_EQ(text.find("18,446", debt), std::string::npos) << text;
}

TEST(Screen, AHistogramsLastBinHasNoEnd) {
    Stage stage;
    client::Metric& datagrams = stage.picture.handlers.back().metrics[2];
    ASSERT_EQ(datagrams.kind, Kind::histogram);
    datagrams.quantiles.bins = {
        {0, 64, 10}, {64, 512, 30}, {512, std::numeric_limits<double>::infinity(), 20}};
    stage.view.pane = stage.picture.handlers.back().instance;
    stage.view.expanded = true;
    stage.view.selected = datagrams.path;
    const std::string text = stage.text(80, 24);
    EXPECT_NE(text.find("> 512 B "), std::string::npos) << text;
    EXPECT_EQ(text.find("inf"), std::string::npos) << text;
    // Something is drawn of each bin, the last one up to the right end.
    EXPECT_NE(text.find("\xe2\x96\x88\n"), std::string::npos) << text;
}

TEST(Screen, APolicyThatIsNotThereIsSaid) {
    Stage stage;
    stage.view.policy = "deafult";
    EXPECT_NE(stage.text(120, 40).find("policy default  no policy deafult"), std::string::npos)
        << stage.text(120, 40);
}

TEST(Screen, NamesAreSeenWholeWhereThereIsRoom) {
    Stage stage;
    client::Handler& handler = stage.picture.handlers.back();
    handler.metrics = {test::counter("a_counter_with_quite_a_name", "what it counts", 7),
                       test::counter("another_of_them_at_zero", "the same", 0)};
    stage.view.pane = handler.instance;
    EXPECT_NE(stage.text(80, 24).find(" a counter with quite a name          7\n"), std::string::npos)
        << stage.text(80, 24);
    stage.view.expanded = true;
    stage.view.selected = "(counters)";
    EXPECT_NE(stage.text(80, 24).find(" a counter with quite a name             7  what it counts\n"),
              std::string::npos)
        << stage.text(80, 24);
    const std::vector<std::string> names = {"f2:5c:90:85:e1:ac/10.77.0.122"};
    handler.metrics = {test::top("top_clients", "clients", names, 12)};
    stage.view.expanded = false;
    EXPECT_NE(stage.text(80, 24).find(names.front() + "   4  33%"), std::string::npos) << stage.text(80, 24);
}

TEST(Screen, ACaptureIsDrawnAsAWhole) {
    Stage stage;
    stage.link.live = false;
    stage.history = History();
    client::Handler& net = stage.picture.handlers.front();
    for (client::Metric& metric : net.metrics)
        if (metric.path == "rates.pps_total") {
            metric.rate.live = {};
            metric.rate.seconds.assign(1000, 1.0);
            metric.rate.seconds.front() = 501; // long before what fits second by second
        }
    stage.history.add(stage.picture);
    const std::string overview = stage.text(120, 40);
    EXPECT_NE(overview.find("packets/s mean 2 "), std::string::npos) << overview;
    EXPECT_NE(overview.find("max 501"), std::string::npos) << overview;
    EXPECT_NE(overview.find("DNS queries/s 200\n"), std::string::npos)
        << overview; // 20000 in 100 s, one figure
    stage.view.pane = net.instance;
    stage.view.expanded = true;
    stage.view.selected = "rates.pps_total";
    const std::string detail = stage.text(120, 40);
    EXPECT_NE(detail.find("mean 1.50 pkt/s, most 501"), std::string::npos) << detail;
    EXPECT_EQ(detail.find("seconds ago"), std::string::npos) << detail;
}

TEST(Screen, TheTabOfThePaneThatIsShownIsAlwaysSeen) {
    Stage stage;
    for (int i = 0; i < 12; ++i) {
        stage.picture.handlers.push_back(stage.picture.handlers.back());
        stage.picture.handlers.back().instance = fmt::format("default-interface{}-quic", i);
    }
    for (const client::Handler& handler : stage.picture.handlers) {
        stage.view.pane = handler.instance;
        const Frame frame = stage.frame(80, 24);
        bool lit = false;
        for (const Hit& hit : frame.hits)
            lit = lit || (hit.to_pane && hit.pane == handler.instance && hit.area.x + hit.area.width < 72 &&
                          frame.grid.at(hit.area.x + 1, hit.area.y).lit);
        EXPECT_TRUE(lit) << frame.grid.text();
    }
    stage.view.pane.clear();
    EXPECT_NE(stage.text(80, 24).find("\n  1 overview   2 net 1.0 "), std::string::npos);
}

double processor_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

TEST(Screen, ADrawnScreenCostsLittle) {
    Stage stage;
    double best = 1e9;
    for (const char* pane : {"", "default-default-dns"}) {
        stage.view.pane = pane;
        best = 1e9;
        for (int i = 0; i < 30; ++i) {
            const double before = processor_ms();
            const Frame frame = stage.frame(200, 60);
            best = std::min(best, processor_ms() - before);
            ASSERT_EQ(frame.grid.width(), 200);
        }
        RecordProperty(fmt::format("ms{}", pane), fmt::format("{:.3f}", best));
        std::printf("200 x 60, pane '%s': %.3f ms\n", pane, best);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        EXPECT_LT(best, 5);
#endif
    }
}

} // namespace
} // namespace visor::terminal
