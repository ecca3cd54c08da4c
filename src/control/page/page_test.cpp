#include "control/page/page.hpp"

#include <gtest/gtest.h>

namespace visor::page {
namespace {

TEST(Page, FilesHaveTypesAndNamesThatTellTheirContent) {
    if (const auto why = why_not_bundled(); !why.empty()) {
        EXPECT_TRUE(bundled_files().empty());
        EXPECT_TRUE(bundled_report().empty());
        GTEST_SKIP() << "the page is not in this build: " << why;
    }
    const BundledFile* index = find_file("index.html");
    ASSERT_TRUE(index);
    EXPECT_TRUE(index->bytes.starts_with("<!"));
    size_t compressed = 0;
    for (const BundledFile& file : bundled_files()) {
        EXPECT_NE(content_type(file.path), "application/octet-stream") << file.path;
        if (&file == index) continue;
        EXPECT_TRUE(file.path.starts_with("assets/"));
        EXPECT_NE(index->bytes.find(file.path), std::string_view::npos) << file.path;
        EXPECT_TRUE(file.gzip.starts_with("\x1f\x8b"));
        compressed += file.gzip.size();
    }
    EXPECT_GT(compressed, 1000u);
    EXPECT_LT(compressed, 150'000u);
    EXPECT_EQ(find_file("assets/"), nullptr);
    EXPECT_TRUE(fill_report(bundled_report(), "{}"));
}

TEST(Page, SubstituteSaysWhy) {
    const std::string text = substitute("no Node");
    EXPECT_NE(text.find("no page in it: no Node."), std::string::npos);
    EXPECT_EQ(text.find("<script"), std::string::npos);
    EXPECT_EQ(text.find("style"), std::string::npos);
}

TEST(Page, DataOfAReportCannotEndItsElement) {
    const auto report =
        fill_report("<p>a</p><script type=\"application/json\" id=\"report-data\"></script><p>b</p>",
                    "{\"a\": \"</script><!--\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa<\"}");
    ASSERT_TRUE(report);
    EXPECT_EQ(*report,
              "<p>a</p><script type=\"application/json\" id=\"report-data\">"
              "{\"a\": \"\\u003c/script>\\u003c!--\\u2028\\u2029\xe2\x80\xaa\\u003c\"}</script><p>b</p>");
    EXPECT_EQ(escape_for_html("\xe2\x80"), "\xe2\x80");
}

TEST(Page, AReportWithoutOnePlaceForItsDataIsRefused) {
    const std::string place = "<script type=\"application/json\" id=\"report-data\">";
    EXPECT_FALSE(fill_report("<p></p>", "{}"));
    EXPECT_FALSE(fill_report(place + "1</script>", "{}"));
    EXPECT_FALSE(fill_report(place + "</script>" + place + "</script>", "{}"));
}

} // namespace
} // namespace visor::page
