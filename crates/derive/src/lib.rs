//! The derive macro for Plywood's Params trait
