# visor_embed_page(TARGET): gives TARGET, a room, the bundle of web/ as a source of its own. Node and npm are looked
# for when it is built; whoever has none gets programs that say so where the page would be.
option(VISOR_PAGE "bundle the page in web/ into the programs, if Node and npm are there" ON)
function(visor_embed_page target)
    set(web ${CMAKE_SOURCE_DIR}/web)
    set(out ${CMAKE_BINARY_DIR}/page)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/*)
    list(FILTER sources EXCLUDE REGEX "/node_modules/")
    add_custom_command(
        OUTPUT ${out}/bundle.cpp
        COMMAND ${CMAKE_COMMAND} -DWEB=${web} -DOUT=${out} -DWANTED=${VISOR_PAGE}
                -P ${CMAKE_SOURCE_DIR}/cmake/bundle_page.cmake
        DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/cmake/bundle_page.cmake ${CMAKE_SOURCE_DIR}/cmake/compress.mjs
        COMMENT "Bundling the page" VERBATIM)
    target_sources(${target} PRIVATE ${out}/bundle.cpp)
endfunction()
