//! Runs Spark models inside a web page.
