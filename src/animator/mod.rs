//! animator
